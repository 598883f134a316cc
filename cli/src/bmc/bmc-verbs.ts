import { UsageError } from '../cli-error.ts'
import { closest } from '../edit-distance.ts'

/** A verb of `powerbus bmc` with its own arguments. */
export type BmcRequest =
  | { readonly verb: PlainVerb; readonly resend?: true }
  | { readonly verb: 'boot'; readonly device: BootDeviceWord; readonly persistent: boolean; readonly efi: boolean }
  | { readonly verb: 'identify'; readonly seconds: number }
  | { readonly verb: 'mount'; readonly url: string; readonly boot: boolean; readonly efi: boolean }
  | { readonly verb: OwnVerb }

const plainVerbs = ['status', 'on', 'off', 'cycle', 'reset', 'soft', 'diag', 'accycle', 'info'] as const
type PlainVerb = (typeof plainVerbs)[number]
/** What belongs to a BMC beside switching, by the driver's method. */
export const ownVerbs = {
  health: 'health',
  sensors: 'sensors',
  sel: 'sel',
  clearsel: 'clearSel',
  fru: 'fru',
  firmware: 'firmware',
  media: 'mediaStatus',
  unmount: 'unmountMedia',
  resetbios: 'resetBios',
} as const
export type OwnVerb = keyof typeof ownVerbs
/** Sent once, unless --resend allows one more. */
const onceVerbs: readonly string[] = ['cycle', 'reset', 'soft', 'diag', 'accycle'] satisfies PlainVerb[]
const bootDeviceWords = ['none', 'pxe', 'disk', 'cd', 'bios'] as const
export type BootDeviceWord = (typeof bootDeviceWords)[number]

/** Default interval of Chassis Identify (IPMI v2.0 §28.5). */
const DEFAULT_IDENTIFY_SECONDS = 15

/**
 * Splits the words after a verb into the verb's own argument and the hosts. Throws a UsageError that lists the allowed
 * words.
 */
export function parseBmcRequest(
  verb: string,
  words: readonly string[],
  options: { readonly persistent?: true; readonly efi?: true; readonly resend?: true; readonly boot?: true },
): { readonly request: BmcRequest; readonly hosts: readonly string[] } {
  if (verb !== 'boot' && (options.persistent || (options.efi && verb !== 'mount')))
    throw new UsageError('--persistent and --efi belong to the verb boot only; --efi to mount as well')
  if (verb !== 'mount' && options.boot) throw new UsageError('--boot belongs to the verb mount only')
  if (options.resend && !onceVerbs.includes(verb))
    throw new UsageError(`--resend belongs to the verbs ${onceVerbs.join(', ')} only`)
  if (verb === 'boot') {
    const [word = '', ...hosts] = words
    const device = bootDeviceWords.find((known) => known === word)
    if (device === undefined)
      throw new UsageError(`boot needs a device: one of ${bootDeviceWords.join(', ')}, then hosts`)
    return { request: { verb, device, persistent: options.persistent === true, efi: options.efi === true }, hosts }
  }
  if (verb === 'identify') {
    const [word = '', ...others] = words
    if (!/^\d{1,9}$/.test(word) || others.length === 0) {
      return { request: { verb, seconds: DEFAULT_IDENTIFY_SECONDS }, hosts: words }
    }
    if (Number(word) > 255) throw new UsageError('identify takes 0 to 255 seconds')
    return { request: { verb, seconds: Number(word) }, hosts: others }
  }
  if (verb === 'mount') {
    const [url = '', ...hosts] = words
    if (!/^[a-z]+:\/\/\S+$/i.test(url)) throw new UsageError('mount needs the address of an image, then hosts')
    return { request: { verb, url, boot: options.boot === true, efi: options.efi === true }, hosts }
  }
  if (Object.hasOwn(ownVerbs, verb)) return { request: { verb: verb as OwnVerb }, hosts: words }
  const plain = plainVerbs.find((known) => known === verb)
  if (plain !== undefined) return { request: { verb: plain, ...(options.resend && { resend: true }) }, hosts: words }
  const all = [...plainVerbs, ...Object.keys(ownVerbs), 'boot', 'identify', 'mount']
  const likely = closest(verb, all)
  throw new UsageError(
    likely ? `unknown verb '${verb}': did you mean ${likely}?` : `unknown verb '${verb}': one of ${all.join(', ')}`,
  )
}
