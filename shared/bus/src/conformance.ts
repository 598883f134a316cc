import { deliveryCases } from './conformance/delivery-cases.ts'
import { eventCases } from './conformance/event-cases.ts'
import { failureCases } from './conformance/failure-cases.ts'
import { presenceCases } from './conformance/presence-cases.ts'
import { requestCases } from './conformance/request-cases.ts'
import type { ConformanceCase } from './conformance/world.ts'

export type { ConformanceCase, ConformanceWorld } from './conformance/world.ts'

/** What every driver must pass; each case throws an AssertionError where the driver fails it. */
export const conformance: readonly ConformanceCase[] = [
  ...eventCases,
  ...deliveryCases,
  ...failureCases,
  ...requestCases,
  ...presenceCases,
]
