/** The limits of one call. A driver must give up at `timeoutMs` or when the signal is aborted, whichever comes first. */
export interface Call {
  readonly signal: AbortSignal
  /** Milliseconds from now. */
  readonly timeoutMs: number
}

export type PowerState = 'on' | 'off'

/** What a driver may be able to switch. */
export type PowerOperation = 'on' | 'off' | 'cycle' | 'reset' | 'soft' | 'diag' | 'acCycle'

/**
 * Operations that are harmful when done twice: they are never sent again once they may have arrived. A second `soft` presses the power
 * button of a machine that may have begun to shut down, or to start again.
 */
export type OnceOperation = 'cycle' | 'reset' | 'diag' | 'soft' | 'acCycle'

export interface BootRequest {
  /** `bios` is the setup program of BIOS or UEFI. */
  readonly device: 'pxe' | 'disk' | 'cdrom' | 'bios' | 'none'
  /** For every boot until changed, and not just for the next one. */
  readonly persistent: boolean
  readonly efi: boolean
}

export interface BootSetting {
  /** As in BootRequest, or the driver's own word for another device. */
  readonly device: string
  readonly persistent: boolean
  /** Null where the BMC does not say, and cannot be asked to choose. */
  readonly efi: boolean | null
  /** False where the BMC keeps a setting that it will not act on. */
  readonly valid: boolean
  /** What else the operator must know about it. */
  readonly note?: string
}

/**
 * The connection of one action with one BMC: a session, a lock, or nothing at all where each call stands alone. One call at a time.
 * It only powers: waiting for a turn, repeating, checking and pacing are done by the power engine.
 *
 * Every method throws a PowerbusError: TARGET_BUSY for busy, out of sessions or still initialising, TARGET_TIMEOUT for no answer,
 * TARGET_UNREACHABLE, AUTH_FAILED, TARGET_STATE for "not in this state", IPMI_COMPLETION or the like for any other refusal.
 * A session that the BMC has lost is opened anew within the call.
 */
export interface PowerConnection {
  /**
   * The power state as the BMC reports it now; never a remembered one. `wanted`: what the caller waits for, or would change it to; a
   * machine on its way there is not there yet. Without it, a machine on its way is taken for where it goes.
   */
  status?(call: Call, wanted?: PowerState): Promise<PowerState>
  /** Switches on. Harmless on a machine that is on; may be repeated. */
  on?(call: Call): Promise<void>
  /** Switches off hard, without asking the operating system. Harmless on a machine that is off; may be repeated. */
  off?(call: Call): Promise<void>
  /**
   * Takes the power away and gives it back. Sends the command once at most: where it may have arrived and the answer is
   * missing, it throws OUTCOME_UNKNOWN; NOT_ANSWERED where the BMC has shown that it did not answer it, for so long that it was most
   * likely not executed. TARGET_BUSY and TARGET_TIMEOUT mean that nothing was sent, and the call is repeated. Resolves where the BMC
   * acknowledged it or its execution is proven.
   */
  cycle?(call: Call): Promise<void>
  /** Restarts without loss of power. Sends once, as `cycle` does. */
  reset?(call: Call): Promise<void>
  /** Interrupts the processor for diagnosis (NMI). Sends once, as `cycle` does. */
  diag?(call: Call): Promise<void>
  /** Asks the operating system to shut down (as the power button does). Ends when it has been asked. Sends once, as `cycle` does. */
  soft?(call: Call): Promise<void>
  /**
   * Whether `acCycle` can be done here and now. Throws CAPABILITY_UNSUPPORTED where this BMC has no way, TARGET_STATE where a setting
   * forbids it. Asked before the machine is switched off.
   */
  mayAcCycle?(call: Call): Promise<void>
  /** Cuts standby power too, of a machine that is off; the BMC itself goes away and comes back. Sends once, as `cycle` does. */
  acCycle?(call: Call): Promise<void>

  /** What the BMC will boot from, as it reports it now. */
  getBoot?(call: Call): Promise<BootSetting>
  /** Sets the boot device. May be repeated. Reading back is not its business. */
  setBoot?(request: BootRequest, call: Call): Promise<void>

  /** Something that changes when the machine restarts (a restart cause, an uptime), read before an operation that is sent once. */
  restartMark?(call: Call): Promise<string>
  /** Whether the operation was done, by comparing the mark from before; `unknown` where it cannot be told. */
  outcomeOf?(operation: OnceOperation, markBefore: string, call: Call): Promise<'done' | 'unknown'>

  /**
   * Ends the connection: called once, whatever came of the calls before, which have all ended or been aborted. The action's answer
   * waits for it, `timeoutMs` at most, unless it gives nothing to wait for. What it throws is not reported.
   */
  close?(call: Call): Promise<void> | undefined
}

/** What a dry run describes, and what a driver has no method for where it describes nothing. */
export type Described = PowerOperation | 'status' | 'getBoot'

/** Milliseconds that machines are off at least: after `on`, and in a cycle once they were seen off. */
export interface FirstLooks {
  readonly onMs: number
  readonly cycleMs: number
}

/** Reaches one BMC for one action. */
export interface PowerDriver<Connection extends PowerConnection = PowerConnection> {
  /** What the lock is held on: address and port of the BMC (and the system in it, where one BMC has several). */
  readonly key: string
  /** Name of the service and of the mode, for messages: `ipmi`, `ipmitool`. */
  readonly service: string
  readonly mode: string
  /** When machines that were switched on are looked at first; at once where absent. An earlier look only takes the BMC's time. */
  readonly firstLooks?: FirstLooks
  /** Most milliseconds for one call; 10 s where absent. */
  readonly callMs?: number
  /** An acknowledged `on` or `off` that shows no effect for so many milliseconds is sent again: for BMCs that acknowledge and forget. */
  readonly resendMs?: number

  /** Called once for an action, before its first command, and again after it has thrown what a read may throw. */
  open(call: Call): Promise<Connection>

  /** What would be sent, in words and bytes, without secrets. Undefined for what the driver cannot do: the caller is told so (404). */
  describe(operation: Described): string | undefined
  /** The same for PowerConnection.setBoot; absent where the driver cannot do it, undefined for what it cannot set. */
  describeBoot?(request: BootRequest): string | undefined
  /**
   * Why a boot device that is described is accepted and has no effect: for machines that boot by themselves, in workflows that set the
   * boot device of every machine. Nothing is sent then.
   */
  readonly bootIgnored?: string
}
