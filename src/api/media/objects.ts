// The media object, and the name in a path.

import { isoMillis } from '../../base/iso-time.ts'
import type { MediaFile } from '../../ports/media-files.ts'
import { pathText } from '../operation.ts'
import { Type } from '../schema.ts'

export const mediaPath = '/v2/media/:media_name'
export const mediaParams = { media_name: pathText }

const time = () => Type.String({ format: 'date-time' })

export const mediaSchema = Type.Object({
  media_name: Type.String(),
  content_type: Type.String(),
  created_at: time(),
  updated_at: time(),
  expires_at: time(),
})

export function mediaObject(file: MediaFile) {
  return {
    media_name: file.name,
    content_type: file.contentType,
    created_at: isoMillis(file.createdAtMs),
    updated_at: isoMillis(file.updatedAtMs),
    expires_at: isoMillis(file.expiresAtMs),
  }
}
