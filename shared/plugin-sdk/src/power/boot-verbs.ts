import { PowerbusError } from '../errors.ts'
import type { Able } from './capability.ts'
import type { BootRequest, BootSetting } from './driver.ts'
import type { Turn } from './turn.ts'

/** Some BMCs take a setting over a moment after they have acknowledged it, and some drop the first one. */
const SETS = 3
const READS_PER_SET = 3

export interface BootOutcome {
  readonly setting: BootSetting
  /** The BMC reports exactly what was asked for. */
  readonly verified: boolean
}

/** A setting that the BMC will not act on is no boot device. */
export async function readBoot(turn: Turn<Able<'getBoot'>>): Promise<BootOutcome> {
  const setting = await turn.read((bmc, call) => bmc.getBoot(call))
  return { setting: setting.valid ? setting : { ...setting, device: 'none' }, verified: true }
}

/**
 * Sets and reads back. Throws TARGET_STATE where the BMC does not keep the device; where it keeps the device and drops
 * persistence or UEFI, the outcome is what it kept, not verified.
 */
export async function setBoot(turn: Turn<Able<'getBoot' | 'setBoot'>>, request: BootRequest): Promise<BootOutcome> {
  let kept: BootSetting | undefined
  for (let sets = 0; sets < SETS; sets++) {
    await turn.change((bmc, call) => bmc.setBoot(request, call))
    for (let reads = 0; reads < READS_PER_SET && (await turn.pollAgain(reads)); reads++) {
      kept = await turn.read((bmc, call) => bmc.getBoot(call))
      if (isAsAsked(kept, request)) return { setting: kept, verified: true }
    }
    if (kept?.device === request.device) return { setting: kept, verified: false }
  }
  throw new PowerbusError(
    'TARGET_STATE',
    `${turn.key} acknowledged boot device ${request.device}, but reports ${kept?.device ?? 'nothing'}`,
  )
}

function isAsAsked(kept: BootSetting, request: BootRequest): boolean {
  return (
    kept.valid && kept.device === request.device && kept.persistent === request.persistent && kept.efi === request.efi
  )
}
