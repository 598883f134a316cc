import { userInfo } from 'node:os'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { Slots } from '@powerbus/turns'
import { abortFailure, type Deadline, leftMs, waitLimit } from '../calls.ts'
import { type Ended, ProgramFailure, runChild } from './child-program.ts'
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
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/**
 * For English texts and Unicode names: VBoxManage translates since 7.0, and prints `?` for characters that the locale
 * lacks.
 */
const LOCALE = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'

/** The variables that VBoxManage, its daemons and sudo need. Others may be secrets, and are not passed on. */
const PASSED_ON = /^(PATH|HOME|USER|LOGNAME|TMPDIR|XDG_\w+|VBOX_\w+)$/

/** Runs VBoxManage: arguments in, text out, never a shell. */
export class VBoxManage {
  readonly #options: VBoxManageOptions
  readonly #environment: Readonly<Record<string, string | undefined>>
  readonly #slots: Slots

  constructor(options: VBoxManageOptions) {
    this.#options = options
    const passedOn = Object.entries(options.environment ?? process.env).filter(([name]) => PASSED_ON.test(name))
    this.#environment = { ...Object.fromEntries(passedOn), LC_ALL: LOCALE }
    this.#slots = new Slots(options.concurrency ?? 4)
  }

  /**
   * Runs one call and returns its stdout. Throws the error of `vboxFailure`, TARGET_TIMEOUT at the deadline, and
   * TARGET_UNREACHABLE for a program that is missing, was killed or prints more than a megabyte. `once`: a lost answer
   * is OUTCOME_UNKNOWN instead.
   */
  async run(args: readonly string[], deadline: Deadline, { once = false } = {}): Promise<string> {
    const program = await findProgram(this.#options.command, this.#environment.PATH ?? '')
    const what = `VBoxManage ${args.slice(0, 2).join(' ')}`
    const [file, ...rest] = [...this.#sudo(), program, ...args]
    const start = async () => {
      if (leftMs(deadline) === 0)
        throw new PowerbusError('TARGET_TIMEOUT', `No time was left for ${what}; allow more time`)
      try {
        const call = { file: file ?? program, args: rest, environment: this.#environment }
        return outputOf(await runChild(call, deadline), what, once)
      } catch (error) {
        throw error instanceof ProgramFailure ? this.#failure(error, what, deadline, once) : error
      }
    }
    return await this.#slots.run(start, waitLimit(deadline, `waiting for other calls, to run ${what}`))
  }

  #sudo(): string[] {
    const { user } = this.#options
    return user === undefined || user === '' || user === userInfo().username ? [] : ['sudo', '-n', '-u', user]
  }

  #failure(failure: ProgramFailure, what: string, deadline: Deadline, once: boolean): PowerbusError {
    const { problem, isGone } = failure
    if (problem === 'missing') {
      const file = this.#sudo()[0] ?? 'VBoxManage'
      return new PowerbusError('TARGET_UNREACHABLE', `${file} could not be started; check that it is installed`, {
        cause: failure.cause,
      })
    }
    const left = isGone ? '' : `; its process could not be killed: kill it as user ${this.#options.user}`
    if (once) return lost(what, `${problem}${left}`)
    if (problem === 'aborted') return abortFailure(deadline.signal, `running ${what}${left}`)
    return problem === 'late'
      ? new PowerbusError('TARGET_TIMEOUT', `${what} did not end in time, and was killed${left}`)
      : new PowerbusError('TARGET_UNREACHABLE', `${what} printed more than a megabyte, and was killed${left}`)
  }
}

function outputOf({ stdout, stderr, code, signal }: Ended, what: string, once: boolean): string {
  if (signal !== null) {
    if (once) throw lost(what, `ended by ${signal}`)
    throw new PowerbusError('TARGET_UNREACHABLE', `${what} was ended by ${signal}`)
  }
  if (code !== 0 || hasErrorText(stdout, stderr)) throw vboxFailure(what, `${stderr}\n${stdout}`)
  return stdout
}

function lost(what: string, how: string): PowerbusError {
  const text = `${what} had no answer (${how}), and may have had its effect; check the VM before repeating`
  return new PowerbusError('OUTCOME_UNKNOWN', text)
}
