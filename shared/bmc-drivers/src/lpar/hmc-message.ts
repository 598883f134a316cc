import { RemoteError, type RemoteErrorKind } from '../remote-error.ts'

/** `already`: the partition is in the wanted state, which is a success. */
type Meaning = RemoteErrorKind | 'already'

/** Message ids and texts of HMC and hypervisor that mean more than a refusal. */
const meanings: readonly (readonly [RegExp, Meaning])[] = [
  [/HSCL1558|PVME04000005|PVME01050901/, 'already'],
  [/HSCL3681|PVME01042026/, 'already'],
  [/HSCL0DB4|PVME01050905|PVME01050402/, 'state'],
  [/HSCL05DF/, 'state'],
  [/HSCL350B/, 'privilege'],
  [/HSCL8012/, 'missing'],
  [/^(?=[\s\S]*\bbusy\b)[\s\S]*\bretry\b/i, 'busy'],
]

const noOsShutdown = /HSCL0DB4|PVME01050905|PVME01050402/
const TEXT_CHARACTERS = 300

/** Undefined where the text says nothing of it. */
export function meaningOf(text: string): Meaning | undefined {
  return meanings.find(([pattern]) => pattern.test(text))?.[1]
}

/** The error that a refusal is, with `fallback` as its kind where the text means nothing more. */
export function refusalOf(what: string, text: string, fallback: RemoteErrorKind, cause?: unknown): RemoteError {
  const meaning = meaningOf(text)
  const advice = noOsShutdown.test(text)
    ? '; the operating system cannot be asked (no RMC connection): power off does not need it'
    : ''
  return new RemoteError(
    meaning === undefined || meaning === 'already' ? fallback : meaning,
    `${what}: ${shortened(text)}${advice}`,
    { sent: true, cause },
  )
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  if (line === '') return 'no reason given'
  return line.length > TEXT_CHARACTERS ? `${line.slice(0, TEXT_CHARACTERS)}…` : line
}
