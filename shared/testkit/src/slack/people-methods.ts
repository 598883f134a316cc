import { textOf } from './slack-arguments.ts'
import type { SlackMethod } from './slack-method.ts'
import { SlackRefusal } from './slack-refusal.ts'

export const peopleMethods: Readonly<Record<string, SlackMethod>> = {
  'auth.test': {
    token: 'bot',
    scopes: [],
    run: (_args, { workspace }) => ({
      url: 'https://powerbus-test.slack.com/',
      team: workspace.team,
      team_id: workspace.teamId,
      user: 'powerbus',
      user_id: workspace.botUserId,
      bot_id: workspace.botId,
      is_enterprise_install: false,
    }),
  },
  'users.info': {
    token: 'bot',
    scopes: ['users:read'],
    run: (args, { workspace }) => {
      const user = workspace.users.find(({ id }) => id === textOf(args, 'user'))
      if (!user) throw new SlackRefusal('user_not_found')
      const { id, name, realName = name, isBot = false, isDeleted = false } = user
      const profile = { display_name: name, real_name: realName }
      const user_ = { id, team_id: workspace.teamId, name, real_name: realName, profile }
      return { user: { ...user_, is_bot: isBot, deleted: isDeleted } }
    },
  },
  'usergroups.users.list': {
    token: 'bot',
    scopes: ['usergroups:read'],
    run: (args, { workspace }) => {
      const users = workspace.userGroups.get(textOf(args, 'usergroup'))
      if (!users) throw new SlackRefusal('no_such_subteam')
      return { users }
    },
  },
  'apps.connections.open': {
    token: 'app',
    scopes: ['connections:write'],
    run: (_args, caller) => ({ url: caller.openSocketUrl() }),
  },
}
