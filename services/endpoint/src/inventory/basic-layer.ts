import type { ContentBundle } from '@powerbus/drp'
import { ADMIN } from '../auth/login-codes.ts'
import { roles, SUPERUSER } from '../auth/role.ts'

/** Name of the built-in layer, as Digital Rebar calls it. */
export const BASIC_LAYER = 'BasicStore'

/** What the tokens of a role may do, in Digital Rebar's words. */
const CLAIMS: Readonly<Record<string, string>> = { read: 'list,get', act: 'list,get,actions,action' }

function role(Name: string) {
  const action = CLAIMS[Name] ?? '*'
  return {
    Name,
    Description: `May ${action === '*' ? 'do everything' : action}`,
    Claims: [{ scope: '*', action, specific: '*' }],
  }
}

/**
 * The roles, the user of login codes, and the stages and boot environments that a machine has before anyone gives it
 * others, which do nothing.
 */
export function basicBundle(version: string): ContentBundle {
  const bootEnv = (Name: string, Description: string, OnlyUnknown: boolean) => ({
    [Name]: { Name, Description, OnlyUnknown, OS: { Name } },
  })
  const stage = (Name: string, Description: string, BootEnv: string) => ({ [Name]: { Name, Description, BootEnv } })
  return {
    meta: {
      Name: BASIC_LAYER,
      Version: version,
      Description: 'What every endpoint has',
    },
    sections: {
      params: {},
      roles: Object.fromEntries([...roles, SUPERUSER].map((Name) => [Name, role(Name)])),
      users: { [ADMIN]: { Name: ADMIN, Description: 'Who logs in with a login code', Roles: [SUPERUSER] } },
      bootenvs: {
        ...bootEnv('ignore', 'Lets a machine that is not known boot as it is set up to', true),
        ...bootEnv('local', 'Boots from the local disk', false),
      },
      stages: {
        ...stage('none', 'Has no tasks', ''),
        ...stage('local', 'Boots from the local disk, and has no tasks', 'local'),
      },
    },
  }
}
