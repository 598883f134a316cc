import { defineParam } from '@powerbus/plugin-sdk'

export const users = defineParam({
  name: 'slack/users',
  description: 'Under which name each Slack user acts: id of the user to principal',
  documentation:
    'As U0123456789: user:ada. Events and audit lines name the principal; a user who is not listed acts as slack:ID. It allows nothing by itself.',
  schema: { type: 'object', additionalProperties: { type: 'string', minLength: 1, maxLength: 100 } },
})

export const allowUsers = defineParam({
  name: 'slack/allow-users',
  description: 'Ids of the Slack users who may press buttons',
  documentation: 'Where neither this nor slack/allow-groups is set, messages have no buttons.',
  schema: { type: 'array', items: { type: 'string', pattern: '^[UW][A-Z0-9]{1,30}$' } },
})

export const allowGroups = defineParam({
  name: 'slack/allow-groups',
  description: 'Ids of the Slack user groups whose members may press buttons',
  documentation: 'Wants the scope usergroups:read. Membership is looked up again every minute.',
  schema: { type: 'array', items: { type: 'string', pattern: '^S[A-Z0-9]{1,30}$' } },
})

export const allowActions = defineParam({
  name: 'slack/allow-actions',
  description: 'What the buttons may do: names of actions for machines, and acknowledge',
  documentation:
    'Not set: poweron, powerstatus and acknowledge. What may take a machine down (poweroff, powercycle ...) is there only where it is listed here, and asks first.',
  schema: { type: 'array', items: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9]{0,60}$' } },
})

/** What the buttons need besides slack/app-token. */
export const chatOpsParams = [users, allowUsers, allowGroups, allowActions] as const
