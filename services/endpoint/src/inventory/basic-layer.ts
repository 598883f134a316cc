import type { ContentBundle } from '@powerbus/drp'

/** Name of the built-in layer, as Digital Rebar calls it. */
export const BASIC_LAYER = 'BasicStore'

/** The stages and boot environments that a machine has before anyone gives it others. They do nothing. */
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
