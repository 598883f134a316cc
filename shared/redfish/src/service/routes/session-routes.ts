import type { Account } from '../accounts.ts'
import { judgeCreation } from '../creation.ts'
import { text, whole } from '../patch.ts'
import { paths } from '../paths.ts'
import { refused } from '../refusal.ts'
import { type Call, collection, link, noContent } from '../resource.ts'
import { typeOf } from '../schema-versions.ts'
import type { ServiceState } from '../service-state.ts'
import { SESSION_TIMEOUT_S, type Session } from '../sessions.ts'
import type { Routes } from './routes.ts'

/** Login, sessions and their time-out. DSP0266 §13.3.4; DSP0268, SessionService, Session. */
export const sessionRoutes: Routes = {
  SessionService: (state) =>
    state.quirks.noSessions
      ? undefined
      : {
          type: typeOf('SessionService'),
          read: () => ({
            Id: 'SessionService',
            Name: 'Session Service',
            ServiceEnabled: true,
            SessionTimeout: state.sessions.timeoutS,
            Sessions: link(paths.sessions),
            Status: { State: 'Enabled', Health: 'OK' },
          }),
          writePrivilege: 'ConfigureManager',
          patch: {
            status: state.quirks.patchStatus,
            writable: { SessionTimeout: whole(SESSION_TIMEOUT_S) },
            apply: (changes) => {
              state.sessions.timeoutS = changes.get('SessionTimeout') as number
              return undefined
            },
          },
        },

  'SessionService/Sessions': (state) =>
    state.quirks.noSessions
      ? undefined
      : collection(
          'Session',
          'Sessions',
          state.sessions.all().map(({ id }) => `${paths.sessions}/${id}`),
          { isLogin: true, post: (call) => logIn(state, call) },
        ),

  'SessionService/Sessions/*': (state, [id = '']) => {
    const session = state.sessions.get(id)
    return (
      session && {
        type: typeOf('Session'),
        read: () => sessionBody(session),
        writePrivilege: 'ConfigureManager',
        mayWrite: ({ caller }) => caller?.account === session.account,
        remove: () => {
          state.sessions.remove(id)
          return noContent
        },
      }
    )
  },
}

async function logIn(state: ServiceState, { body, from }: Call) {
  const { quirks, accounts, sessions, logins } = state
  judgeCreation(body, {
    required: { UserName: text(), Password: text() },
    optional: { SessionType: text(), Context: text() },
  })
  await logins.wait(from)
  const account = accounts.check(body.UserName as string, body.Password as string)
  logins.tried(from, account !== undefined)
  if (!account) throw refused(401, 'NoValidSession')
  const { session, token } = sessions.add(account, from)
  const path = `${paths.sessions}/${session.id}`
  const places = { path, absolute: `https://bmc.example${path}`, absent: undefined }
  const place = places[quirks.loginLocation]
  return {
    status: 201,
    body: {
      '@odata.id': path,
      '@odata.type': `#${typeOf('Session')}`,
      ...sessionBody(session),
      ...passwordNotice(account),
    },
    headers: { 'X-Auth-Token': token, ...(place !== undefined && { Location: place }) },
  }
}

/** A login works while the password must be changed, and says so. DSP0266 §13.3.6. */
function passwordNotice(account: Account) {
  if (!account.passwordChangeRequired) return {}
  const { messages } = refused(403, 'PasswordChangeRequired', `${paths.accounts}/${account.id}`)
  return { '@Message.ExtendedInfo': [...messages] }
}

function sessionBody(session: Session) {
  return {
    Id: session.id,
    Name: 'Session',
    UserName: session.account.username,
    Password: null,
    SessionType: 'Redfish',
    CreatedTime: session.created,
    ClientOriginIPAddress: session.from,
  }
}
