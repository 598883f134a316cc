import { DCMI_GROUP } from '../../commands/dcmi-group.ts'
import { DcmiCapability, getDcmiCapabilitiesInfo } from '../../commands/get-dcmi-capabilities-info.ts'
import { getPowerReading, PowerReadingMode } from '../../commands/get-power-reading.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { BMC_ADDRESS } from '../../wire/lan-message.ts'
import { type Answer, answer } from '../answer.ts'
import type { PowerReading } from '../chassis.ts'
import { type CommandContext, LAN_CHANNEL } from '../command-context.ts'
import { SEL_CAPACITY } from '../system-event-log.ts'

/** DCMI v1.5, and revision 2 of its parameters. DCMI v1.5 §6.1.1. */
const CONFORMANCE = { conformanceMajor: 1, conformanceMinor: 5, revision: 2 } as const
const POWER_MANAGEMENT = 0x01
/** Bit 0: a system interface; bit 1: a serial channel; bit 2: a secondary LAN channel. Only the primary LAN channel. */
const NO_OTHER_INTERFACE = 0x00
/** Bit 0: a GUID; bit 1: DHCP host name; bit 2: asset tag. */
const GUID = 0x01
const NO_CHANNEL = 0xff
/** Revision of the power management controller, bits 3..0; channel 0, bits 7..4. */
const POWER_CONTROLLER = 0x01

const capabilities: ReadonlyMap<number, readonly number[]> = new Map([
  [DcmiCapability.supported, [0, POWER_MANAGEMENT, NO_OTHER_INTERFACE]],
  [DcmiCapability.mandatoryAttributes, [SEL_CAPACITY & 0xff, SEL_CAPACITY >> 8, GUID, 0, 0]],
  [DcmiCapability.optionalAttributes, [BMC_ADDRESS, POWER_CONTROLLER]],
  [DcmiCapability.accessAttributes, [LAN_CHANNEL, NO_CHANNEL, NO_CHANNEL]],
  // No rolling averages.
  [DcmiCapability.powerStatistics, [0]],
])

/** DCMI (Data Center Manageability Interface) commands, under the group extension DCh. DCMI v1.5 §6. */
export const dcmiAnswers: readonly Answer[] = [
  answer(getDcmiCapabilitiesInfo, ({ group, parameter }) => {
    if (group !== DCMI_GROUP) return CompletionCode.InvalidCommand
    const data = capabilities.get(parameter)
    if (data === undefined) return CompletionCode.ParameterOutOfRange
    return { group, ...CONFORMANCE, data: Uint8Array.from(data) }
  }),

  answer(getPowerReading, ({ group, mode }, { system }) => {
    const reading = group === DCMI_GROUP ? system.chassis.powerReading?.() : undefined
    if (reading === undefined) return CompletionCode.InvalidCommand
    if (mode !== PowerReadingMode.system) return CompletionCode.InvalidDataField
    const shown = (power: PowerReading) => toResponse(power, system)
    return reading instanceof Promise ? reading.then(shown) : shown(reading)
  }),
]

function toResponse(reading: PowerReading, { eventLog }: CommandContext['system']) {
  const { watts, minimumWatts = watts, maximumWatts = watts, averageWatts = watts, periodMs = 0 } = reading
  return {
    group: DCMI_GROUP,
    watts: whole(watts, 0xffff),
    minimumWatts: whole(minimumWatts, 0xffff),
    maximumWatts: whole(maximumWatts, 0xffff),
    averageWatts: whole(averageWatts, 0xffff),
    timestamp: eventLog.time,
    periodMs: whole(periodMs, 0xffff_ffff),
    active: true,
  }
}

function whole(value: number, limit: number): number {
  return Math.min(Math.max(Math.round(value), 0), limit)
}
