import type { Incoming } from './incoming.ts'
import { paths } from './paths.ts'
import { refused } from './refusal.ts'
import type { Call, Caller, Resource } from './resource.ts'
import { hasPrivilege } from './role.ts'
import type { ServiceState } from './service-state.ts'

/** Whether a request needs credentials. What does not exist needs them too, so that its absence tells nothing. */
export function needsLogin(resource: Resource | undefined, method: string): boolean {
  if (resource?.isLogin && method === 'POST') return false
  return !(resource?.isOpen && (method === 'GET' || method === 'HEAD'))
}

/** Who sends the request. Throws a Refusal with 401 that does not say what was wrong. DSP0266 §13.3. */
export async function authenticate(state: ServiceState, { headers, isSecure, from }: Incoming): Promise<Caller> {
  const { quirks, sessions, accounts, logins } = state
  const token = headers['x-auth-token']
  if (token !== undefined) {
    const session = sessions.use(token)
    if (!session) throw refused(401, 'NoValidSession')
    return { account: session.account, session: session.id }
  }
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(headers.authorization ?? '')?.[1]
  if (basic === undefined || quirks.noBasic) throw refused(401, 'NoValidSession')
  if (!isSecure && !quirks.plainLogin) throw refused(403, 'AccessForbidden')
  const text = Buffer.from(basic, 'base64').toString()
  const colon = text.indexOf(':')
  await logins.wait(from)
  const account = colon < 0 ? undefined : accounts.check(text.slice(0, colon), text.slice(colon + 1))
  logins.tried(from, account !== undefined)
  if (!account) throw refused(401, 'NoValidSession')
  return { account }
}

/** Throws a Refusal with 403 where the caller lacks the privilege, or must change the password first. */
export function mayRead(
  { account, session }: Caller,
  { readPrivilege = 'Login' }: Resource,
  { path, method }: { readonly path: string; readonly method: string },
): void {
  const own = `${paths.accounts}/${account.id}`
  const isOwn = path === own && ['GET', 'HEAD', 'PATCH'].includes(method)
  const isLogout = method === 'DELETE' && session !== undefined && path === `${paths.sessions}/${session}`
  if (account.passwordChangeRequired && !isOwn && !isLogout) throw refused(403, 'PasswordChangeRequired', own)
  if (!hasPrivilege(account.role, readPrivilege)) throw refused(403, 'InsufficientPrivilege')
}

/** Throws a Refusal with 403 where the caller lacks the privilege to change the resource. */
export function mayWrite({ account }: Caller, resource: Resource, call: Call): void {
  if (hasPrivilege(account.role, resource.writePrivilege ?? 'ConfigureComponents')) return
  if (!resource.mayWrite?.(call)) throw refused(403, 'InsufficientPrivilege')
}
