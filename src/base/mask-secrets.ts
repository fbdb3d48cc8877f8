// Hides what is secret inside a text that may be shown otherwise: addresses of webhooks and files carry passwords and tokens.
// Whoever sends such a text may have made it to cost time: no pattern begins where another match of it can still be running.

export const mask = '***'

/** RFC 3986 §3.2.1: what stands before the last @ of an authority, which a slash, `?` or `#` ends. */
const userOfUrl = /(:\/\/)([^\s/"<>?#]+)@/g
const parameter = /([?&#])([^=&?#\s"]+)=([^&\s"#]+)/g
const secretParameter =
  /token|secret|pass(?:word|wd|phrase)|api[-_]?key|access[-_]?key|private[-_]?key|signature|credential|jwt|^(?:key|code|auth|authorization|sig|sign|hmac|otp|pass|pwd|assertion)$/i
/** `code=404` is what an error or a status is called, too; what a code opens is longer. */
const plainCode = /^\d{1,5}$/

/**
 * Keys, users and passwords of URLs, and secret-looking query parameters inside a text. `hide` says what stands for a secret.
 */
export function maskSecrets(text: string, hide: (secret: string) => string = () => mask): string {
  return text
    .replace(/(\bBearer\s+)([^\s"']+)/gi, (_, word: string, key: string) => word + hide(key))
    .replace(userOfUrl, (_, start: string, user: string) => `${start}${hiddenUser(user, hide)}@`)
    .replace(parameter, (pair, mark: string, name: string, value: string) =>
      isSecretParameter(name, value) ? `${mark}${name}=${hide(value)}` : pair,
    )
}

/** Does a parameter of a URL or of a form say something that opens doors. In JSON `key` and `code` mostly mean other things. */
export function isSecretParameter(name: string, value: string): boolean {
  if (value === '') return false
  return secretParameter.test(decoded(name)) && !(/^code$/i.test(name) && plainCode.test(value))
}

/** A form (`a=1&b=2`, as browsers post it) without its secrets; anything else as it is. */
export function maskForm(text: string): string {
  if (!/^[\w.+%*[\]-]{1,100}=/.test(text) || /\s/.test(text.trimEnd())) return text
  const pairs = text.split('&').map((pair) => {
    const at = pair.indexOf('=')
    if (at < 0 || !isSecretParameter(pair.slice(0, at), pair.slice(at + 1).trimEnd())) return pair
    return `${pair.slice(0, at)}=${mask}`
  })
  return pairs.join('&')
}

/** A user with a password is a name; one without is the key itself. */
function hiddenUser(user: string, hide: (secret: string) => string): string {
  const colon = user.indexOf(':')
  const password = colon < 0 ? '' : user.slice(colon + 1)
  if (password === '' || password === 'x-oauth-basic') return hide(user)
  return `${user.slice(0, colon + 1)}${hide(password)}`
}

function decoded(name: string): string {
  if (!name.includes('%')) return name
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
