import type { Audit } from '../events/audit.ts'
import { ENDPOINT_PRINCIPAL } from '../inventory/change.ts'
import { type Asker, principalOf } from './caller.ts'
import type { TokenRecord } from './token-record.ts'
import { scopeText } from './token-scope.ts'

/** What the endpoint does itself. */
export const ENDPOINT_ASKER: Asker = { principal: ENDPOINT_PRINCIPAL, address: '' }

/** Publishes an audit event for each of the tokens. */
export function auditTokens(
  audit: Audit,
  action: 'token-made' | 'token-revoked',
  records: readonly TokenRecord[],
  asker: Asker,
): void {
  for (const { id, name, kind, owner, role, scope, parent, expiresAt } of records) {
    const Expires = expiresAt === 0 ? '' : new Date(expiresAt * 1000).toISOString()
    const rights = { Role: role, Scope: scopeText(scope), Parent: parent, Expires }
    const about = { Name: name, Owner: principalOf({ kind, name: owner }), ...rights }
    audit.publish({ action, key: id, ...asker, outcome: 'ok', about })
  }
}
