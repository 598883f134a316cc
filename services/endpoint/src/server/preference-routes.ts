import { kindOf } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance } from 'fastify'
import { defaultPreferences } from '../inventory/preferences.ts'
import { described } from '../openapi/route-description.ts'
import type { ApiParts } from './api-parts.ts'
import { objectBody } from './object-kind.ts'

/** DRP's preferences. Those without a kind are kept, since its web portal sets them, and change nothing here. */
const KINDS: Readonly<Record<string, string>> = {
  defaultStage: 'stages',
  defaultBootEnv: 'bootenvs',
  unknownBootEnv: 'bootenvs',
  defaultWorkflow: 'workflows',
  knownTokenTimeout: '',
  unknownTokenTimeout: '',
  logLevel: '',
  debugBootEnv: '',
  debugDhcp: '',
  debugFrontend: '',
  debugPlugins: '',
  debugRenderer: '',
}

/** `GET prefs` and `POST prefs`: a map of text by name. */
export function preferenceRoutes(api: FastifyInstance, { inventory }: ApiParts): void {
  const collection = inventory.collection('preferences')
  const all = () => {
    const set = collection.list().map(({ Name, Val }): [string, unknown] => [String(Name), Val])
    return { ...defaultPreferences, ...Object.fromEntries(set) }
  }
  const map = { type: 'object', additionalProperties: { type: 'string' } }
  const showing = described({ config: { access: { about: 'none' } } } as const, {
    summary: 'Show the preferences',
    answer: map,
  })
  api.get('/prefs', showing, async () => all())
  const setting = described({}, { summary: 'Set some preferences', body: map, answer: map, status: 201 })
  api.post('/prefs', setting, async (request, reply) => {
    const wanted = Object.entries(objectBody(request.body)).map(([name, value]) => checked(name, value))
    for (const [name, Val] of wanted) {
      if (collection.find(name)) await collection.update(name, (was) => ({ ...was, Val }), request.principal)
      else await collection.create({ Name: name, Val }, request.principal)
    }
    return await reply.code(201).send(all())
  })

  /** Throws OBJECT_INVALID. */
  function checked(name: string, value: unknown): [string, string] {
    const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined
    if (kind === undefined) {
      throw invalid(`there is no preference ${name.slice(0, 60)}: known are ${Object.keys(KINDS).join(', ')}`)
    }
    if (typeof value !== 'string') throw invalid(`preference ${name} must be text, and is ${kindOf(value)}`)
    if (kind === '' || value === '' || inventory.collection(kind).find(value) !== undefined) return [name, value]
    throw invalid(`preference ${name}: there is no ${value.slice(0, 60)} in ${kind}: create it first`)
  }
}

function invalid(message: string): PowerbusError {
  return new PowerbusError('OBJECT_INVALID', message)
}
