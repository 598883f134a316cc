import type { Action } from '@powerbus/plugin-sdk'
import { bmcAction } from './bmc-action.ts'
import type { Service } from './service.ts'

/** Result: `{"Entries": [...]}`, each a LogEntry of @powerbus/bmc-drivers, oldest first. */
export function getSel(service: Service): Action {
  return bmcAction(service, {
    name: 'getSel',
    description: 'Read the system event log',
    needs: 'sel',
    budgetMs: 120_000,
    run: async (bmc, call) => ({ Entries: await bmc.sel?.(call) }),
  })
}

/** Result: `{"Cleared": true}`. */
export function clearSel(service: Service): Action {
  return bmcAction(service, {
    name: 'clearSel',
    description: 'Remove all entries of the system event log',
    needs: 'clearSel',
    changes: true,
    run: async (bmc, call) => {
      await bmc.clearSel?.(call)
      return { Cleared: true }
    },
  })
}
