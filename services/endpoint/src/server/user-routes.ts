import { FieldReader } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isPasswordId } from '../auth/password-book.ts'
import { described, refTo } from '../openapi/route-description.ts'
import { askerOf, callerOf } from './admission.ts'
import type { ApiParts } from './api-parts.ts'
import { objectBody } from './object-kind.ts'

interface UserRoute {
  Params: { name: string }
}

/** `PUT users/NAME/password`: for admins, and for who shows the user's present password (`drpcli -x`). */
export function userRoutes(api: FastifyInstance, { inventory, userTokens, audit }: ApiParts): void {
  const setting = described({ config: { access: { role: 'read', isForUsers: true, about: 'users' } } } as const, {
    summary: "Set a user's password",
    body: { type: 'object', properties: { Password: { type: 'string' } }, required: ['Password'] },
    answer: refTo('User'),
  })
  api.put<UserRoute>('/users/:name/password', setting, async (request) => {
    const users = inventory.collection('users')
    checkMayChange(request)
    const user = users.get(request.params.name)
    if (user.ReadOnly) {
      throw new PowerbusError(
        'OBJECT_CONFLICT',
        `user ${user.Name} logs in with login codes: 'powerbus login-code' makes one`,
      )
    }
    const name = users.keyOf(user)
    const password = new FieldReader(objectBody(request.body), 'the body').string('Password')
    await userTokens.setPassword(name, password, askerOf(request))
    audit.publish({ action: 'password-set', key: name, ...askerOf(request), outcome: 'ok' })
    return user
  })
}

/** A token of a role below admin must not become a password, which lasts and may do all that its user may. */
function checkMayChange(request: FastifyRequest<UserRoute>): void {
  const { role, id, name } = callerOf(request)
  if (role === 'admin' || (isPasswordId(id) && name === request.params.name)) return
  const text = 'only an admin sets the password of another; for your own, log in with the present one (drpcli -x)'
  throw new PowerbusError('FORBIDDEN', text)
}
