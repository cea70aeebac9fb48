import nacl from 'tweetnacl'
import { signWords, vouchSigned, type AuthorSignature, type Words } from '../../spec/author.ts'
import { decodeBase32, encodeBase32 } from '../../spec/base32.ts'
import type { Sign } from '../../spec/crypto.ts'
import { HearthError } from '../../spec/errors.ts'
import { isDeviceId, isUserName } from '../../spec/identifiers.ts'
import type { DeviceId, NodeId, UserName } from '../../spec/ids.ts'
import { createTicket } from '../../spec/ticket.ts'
import type { SdkComponents } from './components.ts'
import type { KeptKey } from './store/kept.ts'

/** The device's own key: it proves who logs in, and who said what. */
export interface Signing {
  /** Public, base32; undefined: this device has none, and signs nothing. */
  readonly key: string | undefined
  /** The MQTT password of one login (ACC-31); undefined without a key. */
  ticket(): string | undefined
  /** Undefined without a key. */
  sign(words: Words): AuthorSignature | undefined
  /** SIGN-4: by this device, for the key of another one. BAD_REQUEST without a key. */
  vouch(key: string): string
  /** A new key, which counts once the node has it: `use` it then. */
  make(node: NodeId): { readonly kept: KeptKey; readonly key: string }
  use(kept: KeptKey): void
}

export const createSigning = (
  components: Pick<SdkComponents, 'randomBytes' | 'now'>,
  init: { readonly user: string; readonly device: string; readonly kept: KeptKey | undefined },
): Signing => {
  let pair: Pair | undefined
  let node: NodeId | undefined

  const use = (kept: KeptKey): void => {
    // a key speaks for the device that it was made for
    if (kept.device !== init.device) return
    pair = pairOf(kept.seed)
    node = kept.node
  }
  if (init.kept !== undefined) use(init.kept)

  const ready = (): { pair: Pair; node: NodeId; user: UserName } | undefined =>
    pair === undefined || node === undefined ? undefined : { pair, node, user: init.user as UserName }

  return {
    get key() {
      return pair && encodeBase32(pair.publicKey)
    },
    ticket: () => {
      const own = ready()
      if (own === undefined) return undefined
      const nonce = encodeBase32(components.randomBytes(16))
      const device = init.device as DeviceId
      return createTicket({ user: own.user, device, node: own.node, issuedMs: components.now(), nonce }, own.pair.sign)
    },
    sign: (words) => {
      const own = ready()
      return own && signWords({ node: own.node, user: own.user }, words, own.pair.publicKey, own.pair.sign)
    },
    vouch: (key) => {
      const own = ready()
      if (own === undefined) throw new HearthError('BAD_REQUEST', 'this device has no key: enroll it first')
      return encodeBase32(own.pair.sign(vouchSigned({ node: own.node, user: own.user }, key)))
    },
    make: (at) => {
      const { device } = init
      if (!isDeviceId(device) || !isUserName(init.user)) throw new HearthError('BAD_REQUEST', 'no such user or device')
      const seed = encodeBase32(components.randomBytes(32))
      return { kept: { node: at, device, seed }, key: encodeBase32(pairOf(seed).publicKey) }
    },
    use,
  }
}

interface Pair {
  readonly publicKey: Uint8Array
  readonly sign: Sign
}

const pairOf = (seed: string): Pair => {
  const { publicKey, secretKey } = nacl.sign.keyPair.fromSeed(decodeBase32(seed) ?? new Uint8Array(32))
  return { publicKey, sign: (message) => nacl.sign.detached(message, secretKey) }
}
