import type { Authority } from '../auth/authority.ts'
import type { UserTokens } from '../auth/user-tokens.ts'
import type { FileFolders } from '../blobs/file-folders.ts'
import type { Audit } from '../events/audit.ts'
import type { EventFeed } from '../events/event-feed.ts'
import type { RecentEvents } from '../events/recent-events.ts'
import type { ActionRunner } from '../host/action-runner.ts'
import type { PluginSupervisor } from '../host/plugin-supervisor.ts'
import type { ProviderChanges } from '../host/provider-changes.ts'
import type { Alerts } from '../inventory/alerts.ts'
import type { ChangeListener } from '../inventory/change.ts'
import type { Contents } from '../inventory/contents.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { LogRing } from '../log/log-ring.ts'
import type { EndpointMetrics } from '../metrics/endpoint-metrics.ts'
import type { Admission } from './admission.ts'
import type { EndpointReadiness } from './readiness.ts'
import type { StreamLimits } from './stream-client.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Caller, as `Principal` of events; empty on public routes. */
    principal: string
  }
  interface FastifyContextConfig {
    /** True: the route needs no token, or checks the Authorization header itself. */
    isPublic?: boolean
    /** True: the route needs nothing of the store, or refreshes the inventory itself. */
    refreshesStore?: boolean
  }
}

export interface ApiParts {
  readonly inventory: Inventory
  readonly supervisor: PluginSupervisor
  readonly actions: ActionRunner
  readonly authority: Authority
  readonly userTokens: UserTokens
  readonly admission: Admission
  readonly audit: Audit
  readonly alerts: Alerts
  readonly events: EventFeed
  readonly metrics: EndpointMetrics
  readonly readiness: () => Promise<EndpointReadiness>
  readonly recentEvents: RecentEvents
  readonly streamLimits: Partial<StreamLimits>
  readonly folders: FileFolders
  readonly providers: ProviderChanges
  readonly contents: Contents
  /** Publishes the change of what is no object of the inventory. */
  readonly onChange: ChangeListener
  readonly logs: LogRing
  /** Version of the endpoint, with a leading v. */
  readonly version: string
  /** Made with the store, and kept in it. */
  readonly id: string
  /** Name or IP address that the endpoint listens at. */
  readonly address: string
  /** Port of the static files over plain HTTP; 0 where there is none. */
  readonly filePort: number
}
