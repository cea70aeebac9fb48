import { tokenCreate } from '../../spec/calls/token.create.ts'
import { HearthError } from '../../spec/errors.ts'
import { connect, type Session } from '../sdk/index.ts'
import type { ChatArguments } from './arguments.ts'
import { hostLabel, takeDeviceName } from './device-name.ts'
import { findNode } from './find-node.ts'
import { inviteCode } from './invite-code.ts'
import { createPlaces, type Places } from './places.ts'
import { ask, readNewPassword, readPassword } from './prompt.ts'
import type { Remembered, RememberedLogin } from './remembered.ts'
import type { ChatIo } from './terminal-io.ts'

export interface Login extends AsyncDisposable {
  readonly session: Session
  readonly node: string
  /** Undefined when the token was given: then nothing is written down. */
  readonly remembered: RememberedLogin | undefined
  readonly places: Places
  /** A second session, for what an app token may not do (ACC-46); it is closed with this login. Throws the node's named error. */
  readonly asPerson: (password: string) => Promise<Session>
}

interface Credentials {
  readonly user: string
  readonly password?: string
  readonly token?: string
}

/**
 * Connects with, in this order: the given token, the remembered one, a password. A password login makes an
 * app token of this machine and remembers that. Throws the node's named error.
 */
export const login = async (io: ChatIo, given: ChatArguments, remembered: Remembered): Promise<Login> => {
  const { url, name: node } = await findNode(given)
  const known = await remembered.find(node, given.user)
  const isPerson = io.stdin.isTTY === true
  const user = given.user ?? known?.user ?? (isPerson ? (await ask(io, 'Your user name: ')).trim() : '')
  if (user === '') throw new HearthError('BAD_REQUEST', 'say who you are: --user NAME')
  const device = await takeDeviceName(io.env, { node, user })
  /** Scripts leave no MQTT session behind, and start from now. */
  const isVisit = given.say !== undefined || given.tail

  const open = (credentials: Credentials): Promise<Session> =>
    connect({
      url,
      device: device.device,
      insecureTls: given.insecure,
      ...credentials,
      ...(isVisit ? { sessionExpirySeconds: 0 } : { cursor: known?.cursor }),
    })
  const places = createPlaces(known?.channels ?? [])
  const visits: Session[] = []
  const opened = (session: Session, login: RememberedLogin | undefined): Login => ({
    session,
    node,
    remembered: login,
    places,
    asPerson: async (password) => {
      const visit = await connect({
        url,
        user,
        password,
        device: `${hostLabel()}-person`,
        insecureTls: given.insecure,
        sessionExpirySeconds: 0,
        inbox: false,
      })
      visits.push(visit)
      return visit
    },
    [Symbol.asyncDispose]: async () => {
      for (const one of [...visits, session]) await one.close()
      await device[Symbol.asyncDispose]()
    },
  })

  try {
    if (given.token !== undefined) return opened(await open({ user, token: given.token }), undefined)
    if (known !== undefined && given.invite === undefined) {
      const session = await openRemembered(open, known)
      if (session !== undefined) return opened(session, known)
      await remembered.forget(node, user)
      io.stderr.write(`the login that was remembered for ${user} is no longer valid\n`)
    }
    const session = await open({
      user,
      password: await proofOf(io, user, given.invite ?? (await askInvite(io, known))),
    })
    const token = await createToken(io, session)
    if (token === undefined) return opened(session, undefined)
    const channels = [...(await places.load(session))]
    const login: RememberedLogin = { user, token, channels, seen: known?.seen ?? {}, cursor: known?.cursor }
    await remembered.put(node, login)
    return opened(session, login)
  } catch (error) {
    await device[Symbol.asyncDispose]()
    throw error
  }
}

const askInvite = async (io: ChatIo, known: RememberedLogin | undefined): Promise<string> =>
  io.stdin.isTTY !== true || known !== undefined || io.env['HEARTH_PASSWORD']
    ? ''
    : (await ask(io, 'Invite (empty if you have an account here): ')).trim()

/** What goes into the MQTT password (ACC-10): a password, or an invite and a new password. */
const proofOf = async (io: ChatIo, user: string, invite: string): Promise<string> =>
  invite === '' ? readPassword(io, { user }) : `${inviteCode(invite)}:${await readNewPassword(io, { user })}`

/** Undefined, and said so: this login works, the next one asks for the password again. */
const createToken = async (io: ChatIo, session: Session): Promise<string | undefined> => {
  try {
    return (await session.call(tokenCreate, { name: `hearth chat on ${hostLabel()}` })).secret
  } catch (error) {
    if (!(error instanceof HearthError)) throw error
    io.stderr.write(`this login is not remembered: ${error.code}: ${error.message}\n`)
    return undefined
  }
}

/** Undefined: the token was revoked. */
const openRemembered = async (
  open: (credentials: Credentials) => Promise<Session>,
  { user, token }: RememberedLogin,
): Promise<Session | undefined> => {
  try {
    return await open({ user, token })
  } catch (error) {
    if (error instanceof HearthError && error.code === 'LOGIN_FAILED') return undefined
    throw error
  }
}
