import {
  type BootFlags,
  BootOption,
  bootFlags,
  bootFlagValidClearing,
  bootInfoAcknowledge,
  bootSetInProgress,
  SetInProgress,
} from '../commands/boot-option-parameters.ts'
import { CompletionCode } from '../spec/completion-code.ts'

/** Command-specific completion codes of Set and Get System Boot Options. §28.12, §28.13. */
const NOT_SUPPORTED = 0x80
const SET_IN_PROGRESS = 0x81

/** Unused boot flags expire after this time unless bit 3 of parameter 3 is set. §28.13. */
export const BOOT_FLAGS_TIMEOUT_MS = 60_000

const MAILBOX_BLOCKS = 5
const MAILBOX_BLOCK_LENGTH = 16

/** Exact length of each parameter's data, in bytes. The mailbox (parameter 7) has its own check. */
const lengths: Readonly<Record<number, number>> = {
  [BootOption.setInProgress]: 1,
  [BootOption.servicePartitionSelector]: 1,
  [BootOption.servicePartitionScan]: 1,
  [BootOption.flagValidClearing]: 1,
  [BootOption.infoAcknowledge]: 2,
  [BootOption.flags]: 5,
  [BootOption.initiatorInfo]: 9,
}

/** Receives the changes of the boot flags. */
export interface BootFlagsListener {
  /**
   * The flags were set, or became invalid (`flags` undefined). `forMs`: milliseconds until they expire; undefined:
   * never.
   */
  changed(flags: BootFlags | undefined, forMs: number | undefined): void
  /** The same flags now expire in `forMs` milliseconds; undefined: never. */
  kept(forMs: number | undefined): void
}

/** The boot options of one system, and the expiry of its boot flags. §28.12, §28.13. */
export class BootOptions {
  readonly #nowMs: () => number
  readonly #listener: BootFlagsListener
  readonly #parameters = new Map<number, Uint8Array>()
  readonly #mailbox = new Map<number, Uint8Array>()
  readonly #invalid = new Set<number>()
  /** Managed session ID of the session that holds "set in progress". */
  #owner: number | undefined
  /** When the flags expire; undefined: never. */
  #endsAtMs: number | undefined
  /**
   * True: no countdown starts again for these flags. A boot took persistent flags, or `restore` gave them without a
   * time.
   */
  #isTaken = false

  constructor(nowMs: () => number, listener: BootFlagsListener) {
    this.#nowMs = nowMs
    this.#listener = listener
  }

  /** The boot flags while their valid bit is set. */
  get validFlags(): BootFlags | undefined {
    this.#expire()
    const flags = bootFlags.decode(this.#read(BootOption.flags))
    return flags.valid ? flags : undefined
  }

  /** Data of a parameter, or a completion code. `block` selects the mailbox block, 0..4. §28.13. */
  get(parameter: number, block: number): { invalid: boolean; data: Uint8Array } | number {
    this.#expire()
    const invalid = this.#invalid.has(parameter)
    if (parameter === BootOption.initiatorMailbox) {
      if (block >= MAILBOX_BLOCKS) return CompletionCode.ParameterOutOfRange
      const content = this.#mailbox.get(block) ?? new Uint8Array(MAILBOX_BLOCK_LENGTH)
      return { invalid, data: Uint8Array.of(block, ...content) }
    }
    return lengths[parameter] === undefined ? NOT_SUPPORTED : { invalid, data: this.#read(parameter) }
  }

  /**
   * Sets a parameter, or only its invalid mark if `data` is empty. Returns a completion code. `sessionId` is the
   * managed session ID of the sender. §28.12.
   */
  set(parameter: number, invalid: boolean, data: Uint8Array, sessionId: number): number {
    const length = lengths[parameter]
    const isMailbox = parameter === BootOption.initiatorMailbox
    if (length === undefined && !isMailbox) return NOT_SUPPORTED
    const code = data.length === 0 ? CompletionCode.Ok : this.#write(parameter, data, sessionId)
    if (code !== CompletionCode.Ok) return code
    if (invalid) this.#invalid.add(parameter)
    else this.#invalid.delete(parameter)
    return CompletionCode.Ok
  }

  /** Sets flags that do not expire, as another interface of the BMC than IPMI does; undefined: none are valid. */
  choose(flags: BootFlags | undefined): void {
    if (flags === undefined) {
      this.#clear()
      return
    }
    const valid = { ...flags, valid: true }
    this.restore(valid)
    this.#listener.changed(valid, undefined)
  }

  /**
   * Takes over flags of an earlier instance. They expire in `forMs` milliseconds; without `forMs` no countdown ever
   * starts.
   */
  restore(flags: BootFlags, forMs?: number): void {
    this.#parameters.set(BootOption.flags, bootFlags.encode(flags))
    this.#endsAtMs = forMs === undefined ? undefined : this.#nowMs() + forMs
    this.#isTaken = forMs === undefined
  }

  /**
   * Records a Chassis Control command. If it boots the system (`boots`), the boot uses the flags. Any other control
   * restarts the countdown, except for persistent flags that a boot has used: the BIOS has then stored them in its own
   * settings (parameter 5, data 1, bit 6).
   */
  controlled(boots: boolean): void {
    const flags = this.validFlags
    if (flags === undefined) return
    if (!boots) this.#keep()
    else if (flags.persistent) this.#take()
    else this.#clear()
  }

  #write(parameter: number, data: Uint8Array, sessionId: number): number {
    if (parameter === BootOption.initiatorMailbox) return this.#writeMailbox(data)
    if (data.length !== lengths[parameter]) return CompletionCode.InvalidLength
    if (parameter === BootOption.setInProgress) return this.#writeSetInProgress(data, sessionId)
    if (parameter === BootOption.infoAcknowledge) {
      const old = bootInfoAcknowledge.decode(this.#read(parameter)).acknowledged
      const { writeMask, acknowledged } = bootInfoAcknowledge.decode(data)
      const merged = (old & ~writeMask) | (acknowledged & writeMask)
      // The mask reads as zero. §28.13, parameter 4.
      this.#parameters.set(parameter, bootInfoAcknowledge.encode({ writeMask: 0, acknowledged: merged }))
      return CompletionCode.Ok
    }
    this.#parameters.set(parameter, data.slice())
    if (parameter === BootOption.flagValidClearing) this.#keep()
    if (parameter === BootOption.flags) {
      this.#isTaken = false
      this.#startCountdown()
      const flags = this.validFlags
      this.#listener.changed(flags, flags && this.#forMs())
    }
    return CompletionCode.Ok
  }

  /** The owning session may repeat "set in progress", since the answer to its first request may have been lost. */
  #writeSetInProgress(data: Uint8Array, sessionId: number): number {
    const { state } = bootSetInProgress.decode(data)
    if (state > SetInProgress.commitWrite) return CompletionCode.InvalidDataField
    const begins = state === SetInProgress.inProgress
    if (begins && this.#owner !== undefined && this.#owner !== sessionId) return SET_IN_PROGRESS
    this.#owner = begins ? sessionId : undefined
    this.#parameters.set(BootOption.setInProgress, bootSetInProgress.encode({ state: begins ? state : 0 }))
    return CompletionCode.Ok
  }

  #writeMailbox(data: Uint8Array): number {
    const [block = 0] = data
    if (block >= MAILBOX_BLOCKS) return CompletionCode.ParameterOutOfRange
    if (data.length > 1 + MAILBOX_BLOCK_LENGTH) return CompletionCode.InvalidLength
    const content = new Uint8Array(MAILBOX_BLOCK_LENGTH)
    content.set(data.subarray(1))
    this.#mailbox.set(block, content)
    return CompletionCode.Ok
  }

  #read(parameter: number): Uint8Array {
    return this.#parameters.get(parameter) ?? new Uint8Array(lengths[parameter] ?? 0)
  }

  #startCountdown(): void {
    const { keepOnTimeout } = bootFlagValidClearing.decode(this.#read(BootOption.flagValidClearing))
    this.#endsAtMs = keepOnTimeout ? undefined : this.#nowMs() + BOOT_FLAGS_TIMEOUT_MS
  }

  #keep(): void {
    if (this.#isTaken || this.validFlags === undefined) return
    const before = this.#endsAtMs
    this.#startCountdown()
    if (this.#endsAtMs !== before) this.#listener.kept(this.#forMs())
  }

  #take(): void {
    const isTimed = this.#endsAtMs !== undefined
    this.#isTaken = true
    this.#endsAtMs = undefined
    if (isTimed) this.#listener.kept(undefined)
  }

  #forMs(): number | undefined {
    return this.#endsAtMs === undefined ? undefined : this.#endsAtMs - this.#nowMs()
  }

  #expire(): void {
    if (this.#endsAtMs !== undefined && this.#nowMs() >= this.#endsAtMs) this.#clear()
  }

  /** Clears only the valid bit; the other flags stay readable. */
  #clear(): void {
    this.#endsAtMs = undefined
    const flags = bootFlags.decode(this.#read(BootOption.flags))
    if (!flags.valid) return
    this.#parameters.set(BootOption.flags, bootFlags.encode({ ...flags, valid: false }))
    this.#listener.changed(undefined, undefined)
  }
}
