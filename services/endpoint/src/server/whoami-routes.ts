import type { FastifyInstance } from 'fastify'
import { decodeIdentity, SCORE_MIN, scoreOf } from '../inventory/machine-score.ts'
import { Pace } from '../inventory/pace.ts'
import { anyObject, described } from '../openapi/route-description.ts'
import { askerOf, callerOf } from './admission.ts'
import type { ApiParts } from './api-parts.ts'
import { objectBody } from './object-kind.ts'

const NOBODY = { Score: 0, Uuid: '00000000-0000-0000-0000-000000000000', Token: '' }
/** For what the machine does next with its token, in seconds. */
const TOKEN_S = 3600

/**
 * Which machine asks: the one with the highest score of 100 or more, with a token for it.
 * Nobody where two fit alike: a token for the wrong one could act on it.
 */
export function whoamiRoutes(api: FastifyInstance, { inventory, authority }: ApiParts): void {
  const options = { config: { access: { role: 'read' } } } as const
  const describe = {
    summary: 'Find out which machine asks, by its addresses and serials',
    body: anyObject,
    answer: anyObject,
  }
  api.post('/whoami', described(options, describe), async (request) => {
    const body = objectBody(request.body)
    const identity = decodeIdentity(body)
    let [best, isAlone, uuid, name] = [SCORE_MIN - 1, true, '', '']
    const pace = new Pace()
    for (const machine of inventory.machines.list()) {
      await pace.step()
      const score = scoreOf(machine, identity)
      if (score > best) [best, isAlone, uuid, name] = [score, true, machine.Uuid, machine.Name]
      else if (score === best) isAlone = false
    }
    if (uuid === '' || !isAlone) return { ...body, Result: NOBODY }
    const wish = {
      name: `machine ${name}`,
      ttlS: TOKEN_S,
      scope: { kind: 'machines', key: uuid } as const,
      isLasting: false,
    }
    const { token } = await authority.makeToken(callerOf(request), wish, askerOf(request))
    return { ...body, Result: { Score: best, Uuid: uuid, Token: token } }
  })
}
