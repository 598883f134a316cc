import { PowerbusError } from '../errors.ts'
import type { Able } from './capability.ts'
import type { BootRequest, BootSetting } from './driver.ts'
import type { Turn } from './turn.ts'

/** Some BMCs take a setting over a moment after they have acknowledged it, and some drop the first one. */
const SETS = 3
const READS_PER_SET = 3

/** What a BMC can drop of a boot setting; `valid` is the bit without which it does not act on the others. */
export type BootLoss = 'device' | 'persistence' | 'UEFI' | 'valid'

export interface BootOutcome {
  readonly setting: BootSetting
  /** What the BMC reports otherwise than it was asked for; empty where the setting is verified. */
  readonly lost: readonly BootLoss[]
}

/** A setting that the BMC will not act on is no boot device. */
export async function readBoot(turn: Turn<Able<'getBoot'>>): Promise<BootOutcome> {
  const setting = await turn.read((bmc, call) => bmc.getBoot(call))
  return { setting: setting.valid ? setting : { ...setting, device: 'none' }, lost: [] }
}

/**
 * Sets and reads back. Throws TARGET_STATE where the BMC does not keep the device; where it keeps the device and drops
 * persistence, UEFI or the valid bit, the outcome is what it kept, and what was lost.
 */
export async function setBoot(turn: Turn<Able<'getBoot' | 'setBoot'>>, request: BootRequest): Promise<BootOutcome> {
  let outcome: BootOutcome | undefined
  for (let sets = 0; sets < SETS; sets++) {
    await turn.change((bmc, call) => bmc.setBoot(request, call))
    for (let reads = 0; reads < READS_PER_SET && (await turn.pollAgain(reads)); reads++) {
      outcome = await readBack(turn, request)
      if (outcome.lost.length === 0) return outcome
    }
    if (outcome && !outcome.lost.includes('device')) return outcome
  }
  throw new PowerbusError('TARGET_STATE', `${turn.key} ${outcome ? lossText(request, outcome) : NOT_READ}`)
}

const NOT_READ = 'acknowledged the boot device, and no time was left to read it back: raise power/timeout'

async function readBack(turn: Turn<Able<'getBoot'>>, request: BootRequest): Promise<BootOutcome> {
  const setting = await turn.read((bmc, call) => bmc.getBoot(call))
  return { setting, lost: lossesOf(request, setting) }
}

function lossesOf(request: BootRequest, kept: BootSetting): readonly BootLoss[] {
  const isLost: Readonly<Record<BootLoss, boolean>> = {
    device: kept.device !== request.device,
    persistence: kept.persistent !== request.persistent,
    UEFI: kept.efi !== null && kept.efi !== request.efi,
    valid: !kept.valid,
  }
  return (Object.keys(isLost) as BootLoss[]).filter((loss) => isLost[loss])
}

/** What the BMC made of a boot request, for an error. */
export function lossText(request: BootRequest, { setting, lost }: BootOutcome): string {
  const invalid = setting.valid ? '' : ', not valid'
  return `acknowledged boot device ${words(request)}, and lost ${lost.join(', ')}: it reports ${words(setting)}${invalid}`
}

function words({ device, persistent, efi }: BootRequest | BootSetting): string {
  return `${device}${persistent ? ', persistent' : ''}${efi ? ', UEFI' : ''}`
}
