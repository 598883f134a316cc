import type { Authority } from '../auth/authority.ts'
import type { EventFeed } from '../events/event-feed.ts'
import type { RecentEvents } from '../events/recent-events.ts'
import type { ActionRunner } from '../host/action-runner.ts'
import type { PluginSupervisor } from '../host/plugin-supervisor.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { EndpointMetrics } from '../metrics/endpoint-metrics.ts'
import type { StreamLimits } from './stream-client.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, as events name them; empty where no token is needed. */
    principal: string
  }
  interface FastifyContextConfig {
    /** Whether the route needs no token, or checks the Authorization header by itself. */
    isPublic?: boolean
    /** It needs nothing from the store, or sees itself that what is known of it is up to date. */
    refreshesStore?: boolean
  }
}

/** What the routes work with. */
export interface ApiParts {
  readonly inventory: Inventory
  readonly supervisor: PluginSupervisor
  readonly actions: ActionRunner
  readonly authority: Authority
  readonly events: EventFeed
  readonly metrics: EndpointMetrics
  readonly recentEvents: RecentEvents
  readonly streamLimits: Partial<StreamLimits>
  /** Folder of the static files. */
  readonly webRoot: string
  /** Of this endpoint, with a leading v. */
  readonly version: string
}
