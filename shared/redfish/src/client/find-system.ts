import { linkAt, textAt, valueAt } from '../resources/read-json.ts'
import type { JsonObject, Resource } from '../resources/resource.ts'
import { pageOf } from './collection.ts'
import { readRoot } from './read-root.ts'
import { RedfishError, type RedfishErrorKind } from './redfish-error.ts'
import { lastPart, pathOf } from './redfish-path.ts'
import type { Run } from './run.ts'
import { read, type Speaker } from './verbs.ts'

/** Where nearly every service has its systems; the root says so where one has not. DSP0268. */
const SYSTEMS = '/redfish/v1/Systems'
/** Systems that are read to choose among. */
const CANDIDATE_LIMIT = 64

/**
 * The computer system: `systemId` against last part of the path, Id, UUID and SerialNumber, else the only host. Reads
 * no more than it takes, and remembers the path. @throws RedfishError `no-system`, `several-systems`
 */
export async function findSystem(speaker: Speaker, systemId: string | undefined, run: Run): Promise<Resource> {
  const { systemPaths } = speaker.bmc
  const wanted = systemId?.trim() ?? ''
  const known = systemPaths.get(wanted)
  if (known !== undefined) {
    const found = await ifThere(() => read(speaker, known, run))
    if (found) return found
    systemPaths.delete(wanted)
  }
  const paths = await systemLinks(speaker, run)
  const system = wanted === '' ? await onlyHost(speaker, paths, run) : await named(speaker, paths, wanted, run)
  systemPaths.set(wanted, system.path)
  return system
}

/** Links of the systems. The usual path is tried before the root, which costs a request more. */
async function systemLinks(speaker: Speaker, run: Run): Promise<string[]> {
  const { bmc } = speaker
  const usual = bmc.root ? undefined : await ifThere(() => read(speaker, SYSTEMS, run))
  const link = usual ? undefined : linkAt((await readRoot(bmc, run)).body, 'Systems')
  const collection = usual ?? (link === undefined ? undefined : await ifThere(() => read(speaker, link, run)))
  if (!collection) throw failure(speaker, run, 'no-system', 'has no collection of systems; it may be a power shelf')
  const found: string[] = []
  let page = pageOf(collection.body)
  const seen = new Set([collection.path])
  for (;;) {
    found.push(...page.members.flatMap((member) => pathOf(linkAt(member) ?? '') ?? []))
    if (page.next === undefined || seen.has(page.next) || found.length > CANDIDATE_LIMIT) break
    seen.add(page.next)
    page = pageOf((await read(speaker, page.next, run)).body)
  }
  if (found.length === 0) throw failure(speaker, run, 'no-system', 'lists no system; it may still be starting')
  return [...new Set(found)].slice(0, CANDIDATE_LIMIT)
}

/** GPU baseboards that stand beside the host, and answer 503 while it is off. */
function isBaseboard(path: string): boolean {
  return /^HGX_/i.test(lastPart(path))
}

/** The only system that can be a host: by its path where there is one path, else by what the systems say they are. */
async function onlyHost(speaker: Speaker, paths: readonly string[], run: Run): Promise<Resource> {
  const hosts = paths.filter((path) => !isBaseboard(path))
  const [path, another] = hosts
  if (path === undefined) throw failure(speaker, run, 'no-system', `lists GPU baseboards alone: ${paths.join(', ')}`)
  if (another === undefined) return read(speaker, path, run)
  const { systems, broken } = await readAll(speaker, sorted(hosts), run)
  const physical = systems.filter(({ body }) => ['Physical', undefined].includes(textAt(body, 'SystemType')))
  const withBios = physical.filter(({ body }) => linkAt(body, 'Bios') !== undefined)
  // A system that could not be read may be a host as well.
  const found = broken ? undefined : ([physical, withBios].find(({ length }) => length === 1)?.[0] ?? undefined)
  if (found) return found
  if (broken)
    throw failure(
      speaker,
      run,
      'several-systems',
      `has several systems, not all of which can be read; name one as system id: ${listed(systems)} (${broken.message})`,
    )
  if (physical.length === 0) throw failure(speaker, run, 'no-system', `has no physical system: ${listed(systems)}`)
  throw failure(speaker, run, 'several-systems', `has several systems; name one as system id: ${listed(physical)}`)
}

/** System_0 first. */
function sorted(paths: readonly string[]): string[] {
  const isFirst = (path: string) => (lastPart(path) === 'System_0' ? 0 : 1)
  return [...paths].sort((a, b) => isFirst(a) - isFirst(b))
}

async function named(speaker: Speaker, paths: readonly string[], wanted: string, run: Run): Promise<Resource> {
  const same = (value: string | undefined) => value?.trim().toLowerCase() === wanted.toLowerCase()
  const byPath = paths.find((path) => lastPart(path) === wanted) ?? paths.find((path) => same(lastPart(path)))
  if (byPath !== undefined) return read(speaker, byPath, run)
  const { systems, broken } = await readAll(speaker, sorted(paths), run)
  const found = systems.filter(({ body }) => ['Id', 'UUID', 'SerialNumber'].some((name) => same(textAt(body, name))))
  const [system, another] = found
  if (system && !another) return system
  if (another) throw failure(speaker, run, 'several-systems', `has several systems named ${wanted}: ${listed(found)}`)
  const unread = broken ? `; one could not be read (${broken.message})` : ''
  throw failure(speaker, run, 'no-system', `has no system ${JSON.stringify(wanted)}: ${listed(systems)}${unread}`)
}

/** Each system that can be read, and the error of the first that cannot. Not ready is no reason to wait here. */
async function readAll(
  speaker: Speaker,
  paths: readonly string[],
  run: Run,
): Promise<{ systems: Resource[]; broken: RedfishError | undefined }> {
  const systems: Resource[] = []
  let broken: RedfishError | undefined
  for (const path of paths) {
    try {
      systems.push(await read(speaker, path, run, { isPatient: false }))
    } catch (error) {
      if (!(error instanceof RedfishError) || error.status === undefined || error.status === 401) throw error
      broken ??= error
    }
  }
  return { systems, broken }
}

function listed(systems: readonly Resource[]): string {
  const texts = systems.map(({ path, body }) => describe(path, body))
  return texts.length === 0 ? 'none can be read' : texts.slice(0, 10).join(', ')
}

function describe(path: string, body: JsonObject): string {
  const name = textAt(valueAt(body, 'Name'))
  const id = textAt(body, 'Id') ?? lastPart(path)
  return name === undefined || name === id ? id : `${id} (${name})`
}

async function ifThere(readIt: () => Promise<Resource>): Promise<Resource | undefined> {
  try {
    return await readIt()
  } catch (error) {
    if (error instanceof RedfishError && error.kind === 'not-found') return undefined
    throw error
  }
}

function failure({ bmc }: Speaker, run: Run, kind: RedfishErrorKind, what: string): RedfishError {
  return new RedfishError(kind, bmc.address, `the BMC ${what}`, { sent: run.sent, path: SYSTEMS })
}
