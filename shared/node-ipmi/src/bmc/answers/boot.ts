import { BootOption } from '../../commands/boot-option-parameters.ts'
import { getSystemBootOptions } from '../../commands/get-system-boot-options.ts'
import { setSystemBootOptions } from '../../commands/set-system-boot-options.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { type Answer, answer } from '../answer.ts'

const PARAMETER_VERSION = 1
const NOT_SUPPORTED = 0x80

/** Get and Set System Boot Options. §28.12, §28.13. */
export const bootAnswers: readonly Answer[] = [
  answer(getSystemBootOptions, ({ parameter, set }, { system }) => {
    const outcome = system.bootOptions.get(parameter, set)
    return typeof outcome === 'number' ? outcome : { version: PARAMETER_VERSION, parameter, ...outcome }
  }),

  answer(setSystemBootOptions, ({ parameter, invalid, data }, { system, session, faults }) => {
    if (session === undefined) return CompletionCode.InsufficientPrivilege
    if (faults.refuseTimerOption && parameter === BootOption.flagValidClearing) return NOT_SUPPORTED
    const code = system.bootOptions.set(parameter, invalid, data, session.slot.managedSessionId)
    return code === CompletionCode.Ok ? {} : code
  }),
]
