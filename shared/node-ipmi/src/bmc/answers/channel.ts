import { getChannelAccess } from '../../commands/get-channel-access.ts'
import { getChannelInfo, LanChannel } from '../../commands/get-channel-info.ts'
import { setChannelAccess } from '../../commands/set-channel-access.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { type Answer, answer } from '../answer.ts'
import { isLanChannel, LAN_CHANNEL } from '../command-context.ts'

/** IANA enterprise number of the IPMI forum. §22.24. */
const IPMI_ENTERPRISE = 7154

/** Settings of the LAN channel. §22.22 to §22.24. */
export const channelAnswers: readonly Answer[] = [
  answer(setChannelAccess, (request, { channelAccess }) => {
    if (!isLanChannel(request.channel)) return CompletionCode.InvalidDataField
    return channelAccess.write(request) ?? {}
  }),

  answer(getChannelAccess, ({ channel, source }, { channelAccess }) => {
    const access = isLanChannel(channel) ? channelAccess.read(source) : undefined
    return access ?? CompletionCode.InvalidDataField
  }),

  answer(getChannelInfo, ({ channel }, { sessions }) => {
    if (!isLanChannel(channel)) return CompletionCode.InvalidDataField
    const activeSessions = Math.min(sessions.activeCount, 63)
    return { channel: LAN_CHANNEL, ...LanChannel, activeSessions, vendorId: IPMI_ENTERPRISE, auxiliary: 0 }
  }),
]
