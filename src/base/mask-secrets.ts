// Hides what is secret inside a text that may be shown otherwise: addresses of webhooks and files carry passwords and tokens.
// Whoever sends such a text may have made it to cost time: no pattern begins where another match of it can still be running.

export const mask = '***'

const urlPassword = /(:\/\/[^\s/@:"]*:)[^\s/@"]+(?=@)/g
const queryParameter = /([?&])([^=&?\s"]+)=([^&\s"#]+)/g
const secretParameter = /token|secret|pass(?:word|wd)|api[-_]?key|signature|credential|^sig$/i

/** Keys, passwords of URLs and secret-looking query parameters inside a text. */
export function maskSecrets(text: string): string {
  return text
    .replace(/\bBearer\s+[^\s"']+/gi, `Bearer ${mask}`)
    .replace(urlPassword, `$1${mask}`)
    .replace(queryParameter, (pair, mark: string, name: string) =>
      secretParameter.test(name) ? `${mark}${name}=${mask}` : pair,
    )
}
