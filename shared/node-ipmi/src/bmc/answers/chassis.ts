import { ChassisControl, type ChassisControlName, chassisControl } from '../../commands/chassis-control.ts'
import { chassisIdentify } from '../../commands/chassis-identify.ts'
import { getChassisCapabilities } from '../../commands/get-chassis-capabilities.ts'
import { getChassisStatus } from '../../commands/get-chassis-status.ts'
import { getPohCounter } from '../../commands/get-poh-counter.ts'
import { getSystemRestartCause } from '../../commands/get-system-restart-cause.ts'
import { setPowerRestorePolicy } from '../../commands/set-power-restore-policy.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { BMC_ADDRESS } from '../../wire/lan-message.ts'
import { type Answer, answer } from '../answer.ts'
import type { ControlOutcome } from '../chassis.ts'
import { type CommandContext, LAN_CHANNEL } from '../command-context.ts'
import { needsPower } from '../managed-system.ts'

const verbs = new Map(
  Object.entries(ChassisControl).map(([name, value]) => [value as number, name as ChassisControlName]),
)

const refusals: Readonly<Record<Exclude<ControlOutcome, 'accepted'>, number>> = {
  notInPresentState: CompletionCode.NotInPresentState,
  notSupported: CompletionCode.InvalidDataField,
  busy: CompletionCode.NodeBusy,
}

const nothingKnown = getChassisStatus.response.decode(new Uint8Array(4))

/** Chassis commands: status, control, identify, restart cause, restore policy, POH counter. §28. */
export const chassisAnswers: readonly Answer[] = [
  answer(getChassisCapabilities, () => ({
    intrusionSensor: false,
    frontPanelLockout: false,
    diagnosticInterrupt: true,
    powerInterlock: false,
    fruAddress: BMC_ADDRESS,
    sdrAddress: BMC_ADDRESS,
    selAddress: BMC_ADDRESS,
    systemManagementAddress: BMC_ADDRESS,
    bridgeAddress: BMC_ADDRESS,
  })),

  answer(getChassisStatus, (_, { system }) => {
    const status = (powerOn: boolean, known: Partial<typeof nothingKnown>) => ({
      ...nothingKnown,
      restorePolicy: system.restorePolicy,
      lastEventCommandOn: system.lastEventCommandOn,
      identifySupported: true,
      identifyState: system.identifyState,
      ...known,
      powerOn: system.shownPower(powerOn),
    })
    const on = system.chassis.isOn()
    const known = system.chassis.status?.() ?? {}
    if (typeof on === 'boolean' && !(known instanceof Promise)) return status(on, known)
    return Promise.all([on, known]).then(([powerOn, rest]) => status(powerOn, rest))
  }),

  answer(chassisControl, ({ control }, context) => {
    const verb = verbs.get(control)
    if (verb === undefined) return CompletionCode.InvalidDataField
    const on = context.system.chassis.isOn()
    return on instanceof Promise
      ? on.then((wasOn) => controlPower(verb, wasOn, context))
      : controlPower(verb, on, context)
  }),

  answer(chassisIdentify, ({ intervalSeconds, force }, { system }) => {
    const seconds = force ? Number.POSITIVE_INFINITY : intervalSeconds
    const done = () => {
      system.identify(seconds)
      return {}
    }
    const identified = system.chassis.identify?.(seconds)
    return identified instanceof Promise ? identified.then(done) : done()
  }),

  answer(getSystemRestartCause, (_, { system }) => system.chassis.restartCause?.() ?? system.restartCause),

  answer(setPowerRestorePolicy, ({ policy }, { system }) => {
    const noChange = 3
    if (policy > noChange) return CompletionCode.InvalidDataField
    if (policy !== noChange) {
      system.restorePolicy = policy
      system.chassis.restorePolicyChanged?.(policy)
    }
    return { stayOff: true, previous: true, powerOn: true }
  }),

  answer(getPohCounter, (_, { system }) => {
    const minutes = system.chassis.powerOnMinutes?.()
    if (minutes === undefined) return CompletionCode.InvalidCommand
    const counter = (count: number) => ({ minutesPerCount: 1, count: Math.floor(count) })
    return minutes instanceof Promise ? minutes.then(counter) : counter(minutes)
  }),
]

function controlPower(verb: ChassisControlName, wasOn: boolean, context: CommandContext) {
  const { system, counters, faults, session } = context
  if (faults.ignorePowerControl && (wasOn || !needsPower.has(verb))) return {}
  const settle = (outcome: ControlOutcome) => {
    if (outcome !== 'accepted') return refusals[outcome]
    counters.executed[verb]++
    return {}
  }
  const by = { channel: LAN_CHANNEL, userId: session?.stage.user.id, staleMs: faults.stalePowerMs }
  const outcome = system.control(verb, wasOn, by)
  return outcome instanceof Promise ? outcome.then(settle) : settle(outcome)
}
