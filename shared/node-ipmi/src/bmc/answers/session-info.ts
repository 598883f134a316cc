import { isIPv4 } from 'node:net'
import { readUint32 } from '../../codec/uint32.ts'
import { getSessionInfo, SessionIndex, type SessionInfo, SessionProtocol } from '../../commands/get-session-info.ts'
import type { ActiveStage, ManagedSession } from '../../session/managed-session.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { type Answer, answer } from '../answer.ts'
import { type CommandContext, LAN_CHANNEL } from '../command-context.ts'

/** The counts have 6 bits. §22.20. */
const MOST = 63
const MAC_LENGTH = 6

type ActiveSession = ManagedSession & { readonly stage: ActiveStage }

/** Get Session Info. §22.20. */
export const sessionInfoAnswers: readonly Answer[] = [
  answer(getSessionInfo, ({ index, selector }, context) => {
    const { sessions } = context
    const active = sessions.all().filter((session): session is ActiveSession => session.stage.name === 'active')
    const counts = {
      possibleSessions: Math.min(sessions.capacity, MOST),
      activeSessions: Math.min(active.length, MOST),
    }
    const found = findSession(index, selector, active, context)
    return typeof found === 'number' ? found : { ...noSession, ...counts, ...(found && infoOf(found)) }
  }),
]

const noSession: SessionInfo = getSessionInfo.response.decode(new Uint8Array(3))

function findSession(
  index: number,
  selector: Uint8Array,
  active: readonly ActiveSession[],
  { session }: CommandContext,
): ActiveSession | undefined | number {
  const length = { [SessionIndex.byHandle]: 1, [SessionIndex.byId]: 4 }[index] ?? 0
  if (selector.length !== length) return CompletionCode.InvalidLength
  switch (index) {
    case SessionIndex.current:
      return active.find((other) => other === session?.slot)
    case SessionIndex.byHandle:
      return active.find(({ handle }) => handle === selector[0])
    case SessionIndex.byId:
      return active.find(({ managedSessionId }) => managedSessionId === readUint32(selector, 0))
    default:
      return active[index - 1]
  }
}

function infoOf({ handle, stage, peer }: ActiveSession) {
  const [address = '', port = '0'] = peer.split(' ')
  return {
    handle,
    userId: stage.user.id,
    privilege: stage.privilegeLevel,
    channel: LAN_CHANNEL,
    protocol: SessionProtocol.version20,
    consoleAddress: isIPv4(address) ? Uint8Array.from(address.split('.'), Number) : new Uint8Array(4),
    // The console's MAC address is not known above UDP.
    consoleMac: new Uint8Array(MAC_LENGTH),
    consolePort: Number(port),
  }
}
