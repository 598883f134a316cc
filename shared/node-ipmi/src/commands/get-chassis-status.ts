import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Values of `restorePolicy`: the power state of the system after AC power returns. §28.2. */
export const PowerRestorePolicy = { stayOff: 0, previous: 1, powerOn: 2, unknown: 3 } as const

/**
 * Power state, faults and the last power event. §28.2. The front panel byte is optional; ipmi_sim sends 3 bytes. An
 * answer of 1 or 2 bytes has the power state too.
 */
export const getChassisStatus = command({
  name: 'Get Chassis Status',
  netFn: NetFn.Chassis,
  cmd: 0x01,
  privilege: 'user',
  request: empty,
  response: bits(
    {
      powerOn: [0],
      powerOverload: [1],
      interlock: [2],
      powerFault: [3],
      powerControlFault: [4],
      restorePolicy: [5, 2],
      lastEventAcFailed: [8],
      lastEventOverload: [9],
      lastEventInterlock: [10],
      lastEventPowerFault: [11],
      /** An IPMI command caused the last power-on. */
      lastEventCommandOn: [12],
      intrusion: [16],
      frontPanelLockout: [17],
      driveFault: [18],
      coolingFault: [19],
      /** 0 off, 1 temporary (timed), 2 indefinite; valid if `identifySupported`. */
      identifyState: [20, 2],
      identifySupported: [22],
      powerOffButtonDisabled: [24],
      resetButtonDisabled: [25],
      diagnosticButtonDisabled: [26],
      standbyButtonDisabled: [27],
      powerOffDisableAllowed: [28],
      resetDisableAllowed: [29],
      diagnosticDisableAllowed: [30],
      standbyDisableAllowed: [31],
    },
    { minLength: 1 },
  ),
})
