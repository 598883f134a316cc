import { type BootRequest, createPowerEngine, type PowerContext, type PowerVerb } from '@powerbus/plugin-sdk/power'
import type { BmcDriver } from '../src/driver.ts'

/** What the actions of a plugin do with the driver, on the system's clock. */
export function powerActions(driver: BmcDriver) {
  const engine = createPowerEngine()
  const context = (command: string, params: Partial<PowerContext['params']> = {}): PowerContext => ({
    command,
    requestId: 'request',
    signal: new AbortController().signal,
    deadlineMs: Number.POSITIVE_INFINITY,
    params: {
      'power/timeout': 20,
      'power/soft-timeout': 20,
      'power/force-after-soft': false,
      'power/resend': false,
      'power/protected': false,
      'power/dry-run': false,
      'power/min-gap': 0,
      ...params,
    },
  })
  return {
    power: (verb: PowerVerb, params: Partial<PowerContext['params']> = {}) =>
      engine.power(verb, driver, context(verb, params)),
    setBoot: (request: BootRequest) => engine.setBoot(request, driver, context('nextboot')),
    getBoot: () => engine.getBoot(driver, context('getBoot')),
  }
}
