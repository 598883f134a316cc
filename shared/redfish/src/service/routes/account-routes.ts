import { type Account, NAME_LENGTH, PASSWORD_LENGTH } from '../accounts.ts'
import { judgeCreation } from '../creation.ts'
import type { JsonObject } from '../json-value.ts'
import { type Changes, flag, listOf, oneOf, text, whole } from '../patch.ts'
import { paths } from '../paths.ts'
import { refused } from '../refusal.ts'
import { type Answer, type Call, collection, link, noContent, type Resource } from '../resource.ts'
import { isRoleId, type RoleId, roles } from '../role.ts'
import { typeOf } from '../schema-versions.ts'
import type { ServiceState } from '../service-state.ts'
import type { Routes } from './routes.ts'

const roleIds = Object.keys(roles)

/** Accounts and roles. DSP0266 §13.3; DSP0268, AccountService, ManagerAccount, Role. */
export const accountRoutes: Routes = {
  AccountService: ({ settings, quirks }) => ({
    type: typeOf('AccountService'),
    read: () => ({
      Id: 'AccountService',
      Name: 'Account Service',
      ServiceEnabled: true,
      AuthFailureLoggingThreshold: settings.authFailureLoggingThreshold,
      MinPasswordLength: PASSWORD_LENGTH.least,
      MaxPasswordLength: PASSWORD_LENGTH.most,
      SupportedAccountTypes: ['Redfish'],
      Accounts: link(paths.accounts),
      Roles: link(paths.roles),
      Status: { State: 'Enabled', Health: 'OK' },
    }),
    writePrivilege: 'ConfigureUsers',
    patch: {
      status: quirks.patchStatus,
      writable: { AuthFailureLoggingThreshold: whole({ least: 0, most: 100 }) },
      apply: (changes) => {
        settings.authFailureLoggingThreshold = changes.get('AuthFailureLoggingThreshold') as number
        return undefined
      },
    },
  }),

  'AccountService/Accounts': (state) =>
    collection(
      'ManagerAccount',
      'Accounts',
      state.accounts.all().map(({ id }) => `${paths.accounts}/${id}`),
      { writePrivilege: 'ConfigureUsers', post: (call) => create(state, call) },
    ),

  'AccountService/Accounts/*': (state, [id = '']) => {
    const account = state.accounts.get(id)
    return account && accountResource(state, account)
  },

  'AccountService/Roles': () =>
    collection(
      'Role',
      'Roles',
      roleIds.map((id) => `${paths.roles}/${id}`),
    ),

  'AccountService/Roles/*': (_, [id]) =>
    isRoleId(id)
      ? {
          type: typeOf('Role'),
          read: () => ({ Id: id, Name: id, RoleId: id, IsPredefined: true, AssignedPrivileges: [...roles[id]] }),
          writePrivilege: 'ConfigureUsers',
          patch: { writable: {}, apply: () => undefined },
        }
      : undefined,
}

const name = text(NAME_LENGTH)
const password = text(PASSWORD_LENGTH)

function create({ accounts }: ServiceState, { body }: Call): Answer {
  judgeCreation(body, {
    required: { UserName: name, Password: password, RoleId: oneOf(roleIds) },
    optional: { Enabled: flag, PasswordChangeRequired: flag, AccountTypes: listOf(oneOf(['Redfish'])) },
  })
  const username = body.UserName as string
  if (accounts.named(username)) throw refused(409, 'ResourceAlreadyExists', 'ManagerAccount', 'UserName', username)
  if (accounts.isFull) throw refused(400, 'CreateLimitReachedForResource')
  const account = accounts.add({
    username,
    password: body.Password as string,
    role: body.RoleId as RoleId,
    passwordChangeRequired: body.PasswordChangeRequired === true,
  })
  account.enabled = body.Enabled !== false
  const path = `${paths.accounts}/${account.id}`
  return { status: 201, resource: path, headers: { Location: path } }
}

function accountResource(state: ServiceState, account: Account): Resource {
  const { accounts, sessions, quirks } = state
  return {
    type: typeOf('ManagerAccount'),
    read: () => accountBody(account),
    writePrivilege: 'ConfigureUsers',
    // Its own password needs ConfigureSelf alone.
    mayWrite: ({ caller, body }) => caller?.account === account && Object.keys(body).every((key) => key === 'Password'),
    patch: {
      status: quirks.patchStatus,
      writable: {
        UserName: name,
        Password: password,
        RoleId: oneOf(roleIds),
        Enabled: flag,
        PasswordChangeRequired: flag,
      },
      apply: (changes) => {
        const username = changes.get('UserName')
        const holder = typeof username === 'string' ? accounts.named(username) : undefined
        if (holder && holder !== account)
          throw refused(409, 'ResourceAlreadyExists', 'ManagerAccount', 'UserName', String(username))
        change(state, account, changes)
        return undefined
      },
    },
    remove: ({ caller }) => {
      if (caller?.account === account) throw refused(403, 'ResourceCannotBeDeleted')
      sessions.removeOf(account)
      accounts.remove(account.id)
      return noContent
    },
  }
}

function change({ accounts, sessions }: ServiceState, account: Account, changes: Changes): void {
  const password = changes.get('Password')
  if (typeof password === 'string') accounts.setPassword(account, password)
  account.username = (changes.get('UserName') as string | undefined) ?? account.username
  account.role = (changes.get('RoleId') as RoleId | undefined) ?? account.role
  account.enabled = (changes.get('Enabled') as boolean | undefined) ?? account.enabled
  account.passwordChangeRequired =
    (changes.get('PasswordChangeRequired') as boolean | undefined) ?? account.passwordChangeRequired
  if (!account.enabled) sessions.removeOf(account)
}

function accountBody(account: Account): JsonObject {
  return {
    Id: account.id,
    Name: 'Account',
    UserName: account.username,
    Password: null,
    RoleId: account.role,
    Enabled: account.enabled,
    Locked: false,
    PasswordChangeRequired: account.passwordChangeRequired,
    AccountTypes: ['Redfish'],
    Links: { Role: link(`${paths.roles}/${account.role}`) },
  }
}
