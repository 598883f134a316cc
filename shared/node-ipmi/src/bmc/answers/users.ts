import type { Command } from '../../commands/command.ts'
import { getUserAccess, UserEnabled } from '../../commands/get-user-access.ts'
import { getUserName } from '../../commands/get-user-name.ts'
import { setUserAccess } from '../../commands/set-user-access.ts'
import { setUserName } from '../../commands/set-user-name.ts'
import { setUserPassword, UserPasswordOperation } from '../../commands/set-user-password.ts'
import { equalInConstantTime } from '../../crypto/equal.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { PrivilegeLevel } from '../../spec/privilege-level.ts'
import { type Answer, answer } from '../answer.ts'
import { isLanChannel } from '../command-context.ts'
import { PasswordSize, type UserAccount, type UserTable, withoutPadding } from '../user-table.ts'

const NAME_LENGTH = 16
const NULL_USER = 1
const NO_ACCESS = 0x0f
const WRONG_PASSWORD = 0x80
const WRONG_SIZE = 0x81

/** Users of the LAN channel. §22.26 to §22.30. */
export const userAnswers: readonly Answer[] = [
  userAnswer(setUserAccess, (request, users) => {
    const { channel, userId, privilegeLimit, setFlags } = request
    const isLimit = privilegeLimit >= PrivilegeLevel.callback && privilegeLimit <= PrivilegeLevel.administrator
    if (!isLanChannel(channel) || !(isLimit || privilegeLimit === NO_ACCESS)) return CompletionCode.InvalidDataField
    const account = users.write(userId)
    const { ipmiMessaging, linkAuthentication, callbackOnly } = setFlags ? request : account.access
    account.access = { privilegeLimit, ipmiMessaging, linkAuthentication, callbackOnly }
    return {}
  }),

  userAnswer(getUserAccess, ({ channel, userId }, users) => {
    if (!isLanChannel(channel)) return CompletionCode.InvalidDataField
    const { enabled, access } = users.read(userId)
    return {
      maxUsers: users.size,
      enabledUsers: users.accounts.filter((account) => account.enabled).length,
      enabled: enabled ? UserEnabled.enabled : UserEnabled.disabled,
      fixedNames: 0,
      ...access,
    }
  }),

  userAnswer(setUserName, ({ userId, name }, users) => {
    if (userId === NULL_USER) return CompletionCode.InvalidDataField
    users.write(userId).name = withoutPadding(name)
    return {}
  }),

  userAnswer(getUserName, ({ userId }, users) => {
    const name = new Uint8Array(NAME_LENGTH)
    name.set(users.read(userId).name)
    return { name }
  }),

  userAnswer(setUserPassword, ({ userId, is20Bytes, operation, password }, users) => {
    switch (operation) {
      case UserPasswordOperation.disableUser:
      case UserPasswordOperation.enableUser:
        users.write(userId).enabled = operation === UserPasswordOperation.enableUser
        return {}
      default: {
        const size = is20Bytes ? PasswordSize.long : PasswordSize.short
        if (password.length !== size) return CompletionCode.InvalidLength
        if (operation === UserPasswordOperation.testPassword) return testPassword(users.read(userId), password, size)
        users.write(userId).setPassword(password, size)
        return {}
      }
    }
  }),
]

function testPassword(account: UserAccount, password: Uint8Array, size: number) {
  if (size !== account.passwordSize) return WRONG_SIZE
  const stored = new Uint8Array(size)
  stored.set(account.password)
  return equalInConstantTime(password, stored) ? {} : WRONG_PASSWORD
}

/** The BMC's side of a command about one user: user 0 is reserved, and the BMC has `size` users. */
function userAnswer<Request extends { readonly userId: number }, Response extends object>(
  command: Command<Request, Response>,
  handle: (request: Request, users: UserTable) => Response | number,
): Answer {
  return answer(command, (request, { users }) => {
    if (request.userId === 0) return CompletionCode.InvalidDataField
    return users.has(request.userId) ? handle(request, users) : CompletionCode.ParameterOutOfRange
  })
}
