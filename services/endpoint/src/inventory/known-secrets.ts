/**
 * Secure params of the plugins of this version. Their values are sealed also while no plugin or bundle that defines them
 * is there: a machine may be made before its plugin is installed.
 */
export const knownSecrets: readonly string[] = [
  'ipmi/configure/key',
  'ipmi/configure/password',
  'ipmi/kg',
  'ipmi/password',
  'packet/api-key',
  'slack/app-token',
  'slack/bot-key',
  'slack/proxy',
  'virtualbox/bmc-password',
]
