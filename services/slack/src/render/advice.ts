import type { ErrorCode } from '@powerbus/plugin-sdk'

/** Advice by error code (docs/errors.md); absent for a code whose own words suffice. */
const adviceOf: Partial<Record<ErrorCode, string>> = {
  PARAM_INVALID: 'Correct the param that is named.',
  PARAM_MISSING: 'Set the param on the machine or in one of its profiles.',
  ACTION_UNKNOWN: 'See whether the plugin runs that has this action: powerbus actions.',
  DRIVER_UNKNOWN: 'Set the mode to one that the plugin lists.',
  CAPABILITY_UNSUPPORTED: 'Use another command, or another mode of this machine.',
  OBJECT_UNKNOWN: 'See whether the name is right: powerbus machines.',
  IPMI_COMPLETION: 'The BMC refused it: see what its completion code says.',
  TARGET_REFUSED: 'The BMC refused it: see what it says.',
  AUTH_FAILED: 'Correct user and password of the BMC. It was not tried again, so that no account is locked.',
  TARGET_BUSY: 'Wait for the other action that holds this BMC, then ask again.',
  TARGET_STATE: 'Bring the machine into another state first: powerstatus shows the present one.',
  TARGET_PROTECTED: 'Take power/protected off the machine, if that is meant.',
  TARGET_STAYS_OFF: 'See why the machine does not start (status shows faults), then switch it on.',
  LEASE_LOST: 'Ask again, with the same power/request-id if there was one.',
  INTERNAL: "See the endpoint's log under the request id, and report it.",
  TARGET_UNREACHABLE: "Check the BMC's address, name server and routes.",
  STORE_UNAVAILABLE: 'Check the disk of the state folder, or Redis.',
  PLUGIN_UNAVAILABLE: "See the plugin's own errors, and the endpoint's log.",
  TARGET_TIMEOUT: 'See whether the BMC is alive, its port is right, and IPMI over LAN is on.',
  DEADLINE_EXCEEDED: 'Look at the state of the machine, then give it more time with power/timeout.',
  NOT_ANSWERED: 'It was most likely not done: look at the machine, then do it again, or set power/resend.',
  OUTCOME_UNKNOWN: 'Look at the machine before doing it again: it may have been done.',
}

export function advice(code: string): string {
  return Object.hasOwn(adviceOf, code) ? (adviceOf[code as ErrorCode] ?? '') : ''
}
