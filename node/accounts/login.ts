import { encodeBase32 } from '../../spec/base32.ts'
import { HearthError } from '../../spec/errors.ts'
import { parseDeviceId, parseUserName } from '../../spec/identifiers.ts'
import type { DeviceId, UserName } from '../../spec/ids.ts'
import { ticketPrefix } from '../../spec/ticket.ts'
import { readText } from '../../spec/utf8.ts'
import type { Principal } from '../principal.ts'
import type { LoginRequest } from './accounts.ts'
import { addressLane } from './address.ts'
import type { Devices } from './devices.ts'
import { invitePrefix } from './invites.ts'
import type { Invites } from './invites.ts'
import type { Passwords } from './passwords.ts'
import type { AccountTables } from './tables.ts'
import type { Tickets } from './tickets.ts'
import { tokenPrefix } from './tokens.ts'
import type { Tokens } from './tokens.ts'
import { checkUserName, refuseTaken } from './users.ts'

export interface LoginComponents {
  readonly tables: Pick<AccountTables, 'users'>
  readonly passwords: Passwords
  readonly devices: Devices
  readonly tokens: Tokens
  readonly tickets: Tickets
  readonly invites: Invites
  readonly random: (length: number) => Uint8Array
}

export interface Login {
  /** ACC-10: what begins the MQTT password says what kind of proof it is. Throws HearthError. */
  identify(request: LoginRequest): Promise<Principal>
  /** Throws LOGIN_TOO_OFTEN. Unknown user and wrong password look the same and cost the same. */
  isRightPassword(user: UserName, password: string, address: string): Promise<boolean>
  register(input: { invite: string; user: string; password: string; address: string }): ReturnType<Invites['register']>
}

export const createLogin = (components: LoginComponents): Login => {
  const { tables, passwords, devices, tokens, tickets, invites, random } = components

  const identify: Login['identify'] = async (request) => {
    const device = deviceOf(request.clientId, random)
    const proof = request.password === undefined ? undefined : readText(request.password)
    if (proof === undefined) throw new HearthError('LOGIN_FAILED')
    const principal = await prove({ ...request, device, proof, user: userOf(request.username) })
    refuseDisabled(principal.user)
    // An app token is what is listed and revoked; the client ids that use it are no devices, unless it is bound to one.
    if (principal.token === undefined || tokens.bound(principal.user, device).includes(principal.token)) {
      devices.seen(principal.user, device, { client: clientOf(request), address: request.address })
    } else devices.refuseRevoked(principal.user, device)
    if (principal.token !== undefined) tokens.used(principal.token)
    return principal
  }

  const prove = async (attempt: Attempt): Promise<Principal> => {
    const { proof, user, device } = attempt
    if (proof.startsWith(tokenPrefix)) return asNamed(user, tokens.login(proof, device))
    if (proof.startsWith(ticketPrefix)) {
      const { user: signer } = await tickets.redeem(proof, device)
      return asNamed(user, { user: signer, device, scope: undefined })
    }
    if (user === undefined) throw new HearthError('LOGIN_FAILED')
    if (proof.startsWith(invitePrefix)) await enterByInvite(proof, user, attempt.address)
    else if (!(await isRightPassword(user, proof, attempt.address))) throw new HearthError('LOGIN_FAILED')
    return { user, device, scope: undefined }
  }

  /** ACC-45: the same line works twice: once the account is there, it is a login by its password. */
  const enterByInvite = async (proof: string, user: UserName, address: string): Promise<void> => {
    const colon = proof.indexOf(':')
    if (colon < 0)
      throw new HearthError('INVITE_INVALID', 'to sign up, the password is the invite, a colon and a new password')
    const [invite, password] = [proof.slice(0, colon), proof.slice(colon + 1)]
    const isNew = invites.isOpen(invite, address) && !tables.users.has(user)
    if (!isNew && (await isRightPassword(user, password, address))) return
    await register({ invite, user, password, address })
  }

  const isRightPassword: Login['isRightPassword'] = (user, password, address) =>
    passwords.isRight({
      user,
      password,
      address,
      known: devices.list(user).some((device) => addressLane(device.address) === addressLane(address)),
      stored: () => tables.users.get(user)?.password,
    })

  const register: Login['register'] = async ({ invite, user: wished, password, address }) => {
    const user = checkUserName(wished)
    invites.check(invite, address)
    refuseTaken(tables, user)
    return invites.register({ code: invite, address, user, password: await passwords.hash(password, address) })
  }

  const refuseDisabled = (user: UserName): void => {
    if (tables.users.get(user)?.disabled !== false) throw new HearthError('ACCOUNT_DISABLED')
  }

  return { identify, isRightPassword, register }
}

interface Attempt extends LoginRequest {
  readonly device: DeviceId
  readonly proof: string
  /** Undefined: none was given. */
  readonly user: UserName | undefined
}

/** ACC-18 */
const deviceOf = (clientId: string, random: (length: number) => Uint8Array): DeviceId => {
  const device = clientId === '' ? (`auto-${encodeBase32(random(10))}` as DeviceId) : parseDeviceId(clientId)
  if (device === undefined) {
    throw new HearthError('CLIENT_ID_INVALID', 'a client id has 1 to 64 of A-Z, a-z, 0-9, dot, dash and underscore')
  }
  return device
}

/** A name that no account can have is wrong at once: that much everybody may know. */
const userOf = (username: string | undefined): UserName | undefined => {
  if (username === undefined || username === '') return undefined
  const user = parseUserName(username)
  if (user === undefined) throw new HearthError('LOGIN_FAILED')
  return user
}

/** ACC-14: beside a token or a ticket the user name may be left out; if it is given, it must be right. */
const asNamed = (user: UserName | undefined, principal: Principal): Principal => {
  if (user !== undefined && user !== principal.user) throw new HearthError('LOGIN_FAILED')
  return principal
}

const clientOf = ({ protocolVersion }: LoginRequest): string =>
  ({ 3: 'MQTT 3.1', 4: 'MQTT 3.1.1', 5: 'MQTT 5' })[protocolVersion]
