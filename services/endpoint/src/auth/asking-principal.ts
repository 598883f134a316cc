import { PowerbusError } from '@powerbus/plugin-sdk'
import { type Caller, principalOf } from './caller.ts'

/** Request header in which a plugin names the user it acts for, such as the presser of a Slack button. */
export const ON_BEHALF_OF = 'x-powerbus-on-behalf-of'

const PRINCIPAL = /^[\p{L}\p{N}_.:@+/-]{1,128}$/u

/**
 * The caller as `Principal` of events. A plugin may name the user it acts for and stays visible itself:
 * `user:ada via plugin:slack`. The name gives no rights. Users' tokens ignore the header. Throws REQUEST_INVALID.
 */
export function askingPrincipal(caller: Caller, onBehalfOf: string | readonly string[] | undefined): string {
  const own = principalOf(caller)
  return caller.kind === 'plugin' ? onBehalf(own, onBehalfOf) : own
}

/** The `Principal` of what comes through a plugin's own socket. Throws REQUEST_INVALID. */
export function pluginPrincipal(plugin: string, onBehalfOf: string | readonly string[] | undefined): string {
  return onBehalf(principalOf({ kind: 'plugin', name: plugin }), onBehalfOf)
}

function onBehalf(own: string, onBehalfOf: string | readonly string[] | undefined): string {
  if (onBehalfOf === undefined) return own
  if (typeof onBehalfOf !== 'string' || !PRINCIPAL.test(onBehalfOf)) {
    const text = `${ON_BEHALF_OF} must be one name of 1 to 128 letters, digits and _.:@+/-`
    throw new PowerbusError('REQUEST_INVALID', text)
  }
  return `${onBehalfOf} via ${own}`
}
