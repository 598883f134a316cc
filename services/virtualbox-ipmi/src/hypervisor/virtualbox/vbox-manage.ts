import { userInfo } from 'node:os'
import { abortError, outOfDescriptors, PowerbusError } from '@powerbus/plugin-sdk'
import { Slots } from '@powerbus/turns'
import { type Deadline, leftMs, waitLimit } from '../calls.ts'
import { type Environment, runChild } from './child-program.ts'
import { findProgram } from './find-program.ts'
import { hasErrorText, vboxFailure } from './vbox-failure.ts'

export interface VBoxManageOptions {
  /** Name or path of the program; by default VBoxManage on PATH. */
  readonly command?: string
  /** Owner of the VMs; another user than this process's is reached through sudo. */
  readonly user?: string
  /** Programs at a time; default 4. */
  readonly concurrency?: number
  /** Default: this process's. */
  readonly environment?: Environment
}

/**
 * For English texts and Unicode names: VBoxManage translates since 7.0, and prints `?` for characters that the locale
 * lacks.
 */
const LOCALE = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'

/** The variables that VBoxManage, its daemons and sudo need. Others may be secrets, and are not passed on. */
const PASSED_ON = /^(PATH|HOME|USER|LOGNAME|TMPDIR|XDG_\w+|VBOX_\w+)$/

export interface RunOptions {
  /** A lost answer is OUTCOME_UNKNOWN. */
  readonly once?: boolean
  /** For a short read: does not wait for a slot, which calls that take long may have. */
  readonly atOnce?: boolean
}

/** Programs that only read, at a time. */
const READS = 8

/** Runs VBoxManage: arguments in, text out, never a shell. */
export class VBoxManage {
  readonly #options: VBoxManageOptions
  readonly #environment: Environment
  readonly #slots: Slots
  readonly #reads = new Slots(READS)

  constructor(options: VBoxManageOptions) {
    this.#options = options
    const passedOn = Object.entries(options.environment ?? process.env).filter(([name]) => PASSED_ON.test(name))
    this.#environment = { ...Object.fromEntries(passedOn), LC_ALL: LOCALE }
    this.#slots = new Slots(options.concurrency ?? 4)
  }

  /**
   * Runs one call and returns its stdout. Throws the error of `vboxFailure`, TARGET_TIMEOUT at the deadline, and
   * TARGET_UNREACHABLE for a program that is missing, was killed or prints more than a megabyte.
   */
  async run(args: readonly string[], deadline: Deadline, options: RunOptions = {}): Promise<string> {
    const { once = false, atOnce = false } = options
    const program = await findProgram(this.#options.command, this.#environment.PATH ?? '')
    const what = `VBoxManage ${args.slice(0, 2).join(' ')}`
    const work = () => this.#runNow([...this.#sudo(), program, ...args], what, deadline, once)
    return await (atOnce ? this.#reads : this.#slots).run(
      work,
      waitLimit(deadline, `waiting for other calls, to run ${what}`),
    )
  }

  async #runNow(command: readonly string[], what: string, deadline: Deadline, once: boolean): Promise<string> {
    if (leftMs(deadline) === 0)
      throw new PowerbusError('TARGET_TIMEOUT', `No time was left for ${what}; allow more time`)
    const ended = await runChild(command, this.#environment, deadline).catch((cause: unknown) => {
      const lacking = outOfDescriptors(cause)
      if (lacking) throw lacking
      const text = `${this.#sudo()[0] ?? 'VBoxManage'} could not be started; check that it is installed`
      throw new PowerbusError('TARGET_UNREACHABLE', text, { cause })
    })
    const { stdout, stderr, code, signal, problem, isGone } = ended
    const left = isGone ? '' : `; its process could not be killed: kill it as user ${this.#options.user}`
    if (once && (problem ?? signal)) {
      const how = `${problem ?? `ended by ${signal}`}${left}`
      const text = `${what} had no answer (${how}), and may have had its effect; check the VM before repeating`
      throw new PowerbusError('OUTCOME_UNKNOWN', text)
    }
    if (problem === 'aborted') throw abortError(deadline.signal, `running ${what}${left}`)
    if (problem === 'late')
      throw new PowerbusError('TARGET_TIMEOUT', `${what} did not end in time, and was killed${left}`)
    if (problem !== undefined)
      throw new PowerbusError('TARGET_UNREACHABLE', `${what} printed more than a megabyte, and was killed${left}`)
    if (signal !== null) throw new PowerbusError('TARGET_UNREACHABLE', `${what} was ended by ${signal}`)
    if (code !== 0 || hasErrorText(stdout, stderr)) throw vboxFailure(what, `${stderr}\n${stdout}`, code)
    return stdout
  }

  #sudo(): string[] {
    const { user } = this.#options
    return user === undefined || user === '' || user === userInfo().username ? [] : ['sudo', '-n', '-u', user]
  }
}
