import { PowerbusError } from '@powerbus/plugin-sdk'
import { principalOf } from './authority.ts'
import type { Claims } from './token-signer.ts'

/** Request header of plugins that act for somebody, as slack does for whoever pressed a button. */
export const ON_BEHALF_OF = 'x-powerbus-on-behalf-of'

const PRINCIPAL = /^[\p{L}\p{N}_.:@+/-]{1,128}$/u

/**
 * Who asks, as events name them. A plugin may name whom it acts for; the plugin stays visible: `user:ada via plugin:slack`. It
 * gives no rights, only a name. Tokens of users name themselves: the header is without effect there. Throws REQUEST_INVALID.
 */
export function askingPrincipal(claims: Claims, onBehalfOf: string | readonly string[] | undefined): string {
  const own = principalOf(claims)
  if (onBehalfOf === undefined || claims.kind !== 'plugin') return own
  if (typeof onBehalfOf !== 'string' || !PRINCIPAL.test(onBehalfOf)) {
    const text = `${ON_BEHALF_OF} must be one name of 1 to 128 letters, digits and _.:@+/-`
    throw new PowerbusError('REQUEST_INVALID', text)
  }
  return `${onBehalfOf} via ${own}`
}
