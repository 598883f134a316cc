export { type Action, type ActionContext, defineAction } from './action.ts'
export type { ApiAnswer, ApiRequest } from './api-request.ts'
export { contentText } from './bundle.ts'
export { outOfDescriptors } from './descriptors.ts'
export type { Endpoint, EventToSend } from './endpoint.ts'
export { askEndpoint, endpointFailure, unlessGone } from './endpoint-failure.ts'
export { type ErrorCode, errorTable, PowerbusError } from './errors.ts'
export { type ActionEventObject, type ActionOutcome, actionEvent } from './events/action-event.ts'
export { actionEventId } from './events/action-identity.ts'
export { EventReporter, type PublishOptions } from './events/event-reporter.ts'
export { AcceptedWork } from './host/accepted-work.ts'
export type { ActionRun } from './host/action-observer.ts'
export { type BusHealth, busHealth, type StoreHealth, storeHealth } from './host/backend-states.ts'
export { healthRoutes } from './host/health-routes.ts'
export { requestIdPattern } from './host/request-wishes.ts'
export { killGroup } from './launch/kill-group.ts'
export type { Logger } from './log.ts'
export { manifestOf } from './manifest.ts'
export { busSamples } from './metrics/bus-samples.ts'
export type { MetricFacts } from './metrics/metric-list.ts'
export { type Sample, sampleText } from './metrics/sample-text.ts'
export { defineParam, type Param, type ParamSchema, type ParamUse, type ParamValues, required } from './param.ts'
export { type Checked, checkValue, expectation } from './param-value.ts'
export {
  type ConfigContext,
  type ContentFile,
  definePlugin,
  type EventSelection,
  type Plugin,
  type PluginDefinition,
  type PluginEvent,
  type PluginMetric,
  type PublishContext,
  version,
} from './plugin.ts'
export * from './power/index.ts'
export { paramInvalid, readParamValues } from './read-param-values.ts'
export { run, runCommand } from './run.ts'
export { Secret } from './secret.ts'
export { type DurableEvents, durableEvents, durableOf } from './serve/event-matches.ts'
export { ownEvents } from './serve/own-events.ts'
export { SHARED_BUNDLE, sharedBundle } from './shared-bundle.ts'
