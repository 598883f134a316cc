import { getLanConfigurationParameters } from '../../commands/get-lan-configuration-parameters.ts'
import { setLanConfigurationParameters } from '../../commands/set-lan-configuration-parameters.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { type Answer, answer } from '../answer.ts'
import { type CommandContext, isLanChannel } from '../command-context.ts'
import { type LanFacts, lanParameter, setLanParameter } from '../lan-settings.ts'

const REVISION = 0x11
const NOT_SUPPORTED = 0x80
const READ_ONLY = 0x82

/** LAN configuration. The BMC answers where it listens, whatever address was set. §23. */
export const lanAnswers: readonly Answer[] = [
  answer(setLanConfigurationParameters, ({ channel, parameter, data }, context) => {
    const { lan } = context
    if (!isLanChannel(channel)) return CompletionCode.InvalidDataField
    if (lanParameter(parameter, factsOf(context)) === undefined) return NOT_SUPPORTED
    const changes = setLanParameter(parameter, data)
    if (changes === undefined) return READ_ONLY
    if (typeof changes === 'number') return changes
    lan.settings = { ...lan.settings, ...changes }
    return {}
  }),

  answer(getLanConfigurationParameters, ({ channel, revisionOnly, parameter }, context) => {
    if (!isLanChannel(channel)) return CompletionCode.InvalidDataField
    if (revisionOnly) return { revision: REVISION, data: new Uint8Array(0) }
    const data = lanParameter(parameter, factsOf(context))
    return data === undefined ? NOT_SUPPORTED : { revision: REVISION, data }
  }),
]

function factsOf({ lan, guid, suites }: CommandContext): LanFacts {
  return { settings: lan.settings, place: lan.place(), guid, suites }
}
