import { PowerbusError, type Secret } from '@powerbus/plugin-sdk'
import type { Running } from '../running.ts'

/** What is to be finished after a restart must be possible with the configured key, for no other one is kept. Throws PARAM_INVALID. */
export function assertConfiguredKey(running: Running, apiKey: Secret): void {
  if (apiKey.reveal() === running.apiKey.reveal()) return
  throw new PowerbusError(
    'PARAM_INVALID',
    'Param packet/api-key (not shown) is not the one that the plugin is configured with: devices are made and deleted with that one alone, so that a restart can go on with it',
  )
}
