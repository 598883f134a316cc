import { ROOT } from './paths.ts'
import type { Resource } from './resource.ts'
import { accountRoutes } from './routes/account-routes.ts'
import { biosRoutes } from './routes/bios-routes.ts'
import { chassisRoutes } from './routes/chassis-routes.ts'
import { eventRoutes } from './routes/event-routes.ts'
import { logRoutes } from './routes/log-routes.ts'
import { managerRoutes } from './routes/manager-routes.ts'
import { mediaRoutes } from './routes/media-routes.ts'
import { oldSensorRoutes } from './routes/old-sensor-routes.ts'
import { registryRoutes } from './routes/registry-routes.ts'
import { rootRoutes } from './routes/root-routes.ts'
import type { Route, Routes } from './routes/routes.ts'
import { sensorRoutes } from './routes/sensor-routes.ts'
import { sessionRoutes } from './routes/session-routes.ts'
import { standbyRoutes } from './routes/standby-cut.ts'
import { systemPartRoutes } from './routes/system-part-routes.ts'
import { systemRoutes } from './routes/system-routes.ts'
import { taskRoutes } from './routes/task-routes.ts'
import { updateRoutes } from './routes/update-routes.ts'
import type { ServiceState } from './service-state.ts'

/** Part of a path, or `*` for any. */
interface Node {
  readonly children: Map<string, Node>
  route: Route | undefined
}

const newNode = (): Node => ({ children: new Map(), route: undefined })

const tree = newNode()
for (const routes of [
  rootRoutes,
  systemRoutes,
  systemPartRoutes,
  biosRoutes,
  logRoutes,
  mediaRoutes,
  chassisRoutes,
  sensorRoutes,
  oldSensorRoutes,
  standbyRoutes,
  managerRoutes,
  sessionRoutes,
  accountRoutes,
  eventRoutes,
  taskRoutes,
  updateRoutes,
  registryRoutes,
] satisfies Routes[])
  for (const [pattern, route] of Object.entries(routes)) {
    let node = tree
    for (const part of pattern === '' ? [] : pattern.split('/')) {
      const next = node.children.get(part) ?? newNode()
      node.children.set(part, next)
      node = next
    }
    node.route = route
  }

/** The resource at a path without a slash at its end; undefined if there is none. Named parts go before open ones. */
export function resourceAt(state: ServiceState, path: string): Resource | undefined {
  if (path === '/redfish') return versions
  if (path !== ROOT && !path.startsWith(`${ROOT}/`)) return undefined
  const parts = path.slice(ROOT.length + 1).split('/')
  return find(state, tree, path === ROOT ? [] : parts, [])
}

/** DSP0266 §6.2: which protocol versions there are. It has no type. */
const versions: Resource = { isOpen: true, read: () => ({ v1: `${ROOT}/` }) }

function find(state: ServiceState, node: Node, rest: readonly string[], ids: readonly string[]): Resource | undefined {
  const [part, ...after] = rest
  if (part === undefined) return node.route?.(state, ids)
  const named = node.children.get(part)
  const found = named && find(state, named, after, ids)
  if (found) return found
  const open = node.children.get('*')
  return open && find(state, open, after, [...ids, part])
}
