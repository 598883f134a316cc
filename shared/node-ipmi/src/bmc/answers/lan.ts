import { PRESENT_CHANNEL } from '../../commands/get-channel-authentication-capabilities.ts'
import { getLanConfigurationParameters } from '../../commands/get-lan-configuration-parameters.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { type Answer, answer } from '../answer.ts'
import { LAN_CHANNEL } from '../command-context.ts'
import { lanParameter } from '../lan-settings.ts'

const REVISION = 0x11
const NOT_SUPPORTED = 0x80

/** LAN configuration, read only. §23. */
export const lanAnswers: readonly Answer[] = [
  answer(getLanConfigurationParameters, ({ channel, revisionOnly, parameter }, { lan, guid, suites }) => {
    if (channel !== PRESENT_CHANNEL && channel !== LAN_CHANNEL) return CompletionCode.InvalidDataField
    if (revisionOnly) return { revision: REVISION, data: new Uint8Array(0) }
    const data = lanParameter(parameter, { settings: lan.settings, place: lan.place(), guid, suites })
    return data === undefined ? NOT_SUPPORTED : { revision: REVISION, data }
  }),
]
