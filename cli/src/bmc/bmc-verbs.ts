import { UsageError } from '../cli-error.ts'
import { closest } from '../edit-distance.ts'

/** What `powerbus bmc` is asked to do, before any host is looked at. */
export type BmcRequest =
  | { readonly verb: 'status' | 'on' | 'off' | 'cycle' | 'reset' | 'soft' | 'diag' | 'info' }
  | { readonly verb: 'boot'; readonly device: BootDeviceWord; readonly persistent: boolean; readonly efi: boolean }
  | { readonly verb: 'identify'; readonly seconds: number }

const plainVerbs = ['status', 'on', 'off', 'cycle', 'reset', 'soft', 'diag', 'info'] as const
const bootDeviceWords = ['none', 'pxe', 'disk', 'cd', 'bios'] as const
export type BootDeviceWord = (typeof bootDeviceWords)[number]

/** §28.5: the interval where none is given. */
const DEFAULT_IDENTIFY_SECONDS = 15

/**
 * Takes the verb's own word off the words that follow it; the rest are hosts. Throws a UsageError that says what is
 * possible.
 */
export function parseBmcRequest(
  verb: string,
  words: readonly string[],
  options: { readonly persistent?: true; readonly efi?: true },
): { readonly request: BmcRequest; readonly hosts: readonly string[] } {
  if (verb !== 'boot' && (options.persistent || options.efi)) {
    throw new UsageError('--persistent and --efi are for the verb boot')
  }
  if (verb === 'boot') {
    const [word = '', ...hosts] = words
    const device = bootDeviceWords.find((known) => known === word)
    if (device === undefined) throw new UsageError(`boot from what? One of ${bootDeviceWords.join(', ')}, then hosts`)
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
  const plain = plainVerbs.find((known) => known === verb)
  if (plain !== undefined) return { request: { verb: plain }, hosts: words }
  const all = [...plainVerbs, 'boot', 'identify']
  const likely = closest(verb, all)
  throw new UsageError(
    likely ? `unknown verb '${verb}': did you mean ${likely}?` : `unknown verb '${verb}': one of ${all.join(', ')}`,
  )
}
