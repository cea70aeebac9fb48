/** Whom a connection belongs to, and whether we speak with them: a pure decision (TRUST-1 to TRUST-5, TRUST-8). */
import { decodeBase32 } from '../../spec/base32.ts'
import { equalBytes } from '../../spec/bytes.ts'
import { readCertificate, type Certificate } from '../../spec/certificate.ts'
import type { Verify } from '../../spec/crypto.ts'
import { HearthError } from '../../spec/errors.ts'
import type { NodeId } from '../../spec/ids.ts'
import type { PeerRecord, Policy } from './components.ts'
import { fingerprint, nodeLabel } from './fingerprint.ts'

/** What a connection has shown of itself. */
export interface Claim {
  readonly nodeId: NodeId
  readonly certificate: Uint8Array
  /** Proven by the transport. */
  readonly remoteKey: Uint8Array
  readonly name: string
  readonly domain: string | undefined
  readonly addresses: readonly string[]
}

export interface Known {
  readonly self: NodeId
  readonly policy: Policy
  readonly verify: Verify
  /** What is remembered of `claim.nodeId`. */
  readonly record: PeerRecord | undefined
  /** Whom the claimed domain belongs to as far as we know. */
  readonly domainOwner: PeerRecord | undefined
}

/** The certificate that makes the claim good. Throws PEER_REFUSED: what happened, and what to do. */
export const judge = (claim: Claim, known: Known): Certificate => {
  if (claim.nodeId === known.self) throw refused('the address leads back to this node itself; take it off the list')
  checkPolicy(claim, known)
  const certificate = checkCertificate(claim, known)
  checkSerial(claim, known.record, certificate)
  checkDomainOwner(claim, known.domainOwner)
  return certificate
}

/** TRUST-3: somebody else than the node that was dialled. */
export const unexpected = (expected: NodeId, answered: NodeId): HearthError =>
  refused(
    `${nodeLabel(answered)} answers where ${nodeLabel(expected)} was expected. If that node was set up anew, ` +
      `ask its admin for its new id and run: hearth peer add ${answered}`,
  )

/** TRUST-8: is this node let in, as far as its id and the domain that we know of say? */
export const isAdmitted = (policy: Policy, nodeId: NodeId, record: PeerRecord | undefined): boolean => {
  const names = record?.domain === undefined ? [nodeId] : [nodeId, record.domain]
  if (names.some((name) => policy.deny.has(name))) return false
  return policy.mode === 'open' || names.some((name) => policy.allow.has(name))
}

const checkPolicy = ({ nodeId, name, domain }: Claim, { policy, record }: Known): void => {
  const label = nodeLabel(nodeId, name)
  if (record?.state === 'blocked') {
    const why = record.reason === undefined ? '' : ` (${record.reason})`
    throw refused(`${label} is blocked here${why}; to let it in again: hearth peer trust ${nodeId}`)
  }
  const denied = domain !== undefined && policy.deny.has(domain)
  if (denied || !isAdmitted(policy, nodeId, record)) {
    throw refused(
      policy.mode === 'allow'
        ? `${label} is not on the allow list; to let it in: hearth federation allow ${nodeId}`
        : `${label} is on the deny list`,
    )
  }
}

/** TRUST-1, TRUST-5 */
const checkCertificate = (claim: Claim, { verify, record }: Known): Certificate => {
  const label = nodeLabel(claim.nodeId, claim.name)
  let certificate: Certificate
  try {
    certificate = readCertificate(verify, decodeBase32(claim.nodeId) ?? new Uint8Array(), claim.certificate)
  } catch (cause) {
    throw refused(changedKey(claim, record, `no certificate of the node's root key names it`), cause)
  }
  if (equalBytes(certificate.hotPublicKey, claim.remoteKey)) return certificate
  if (record?.hotKey === undefined) {
    throw refused(`${label} shows a certificate for another key than the one it speaks with; do not trust this address`)
  }
  throw refused(changedKey(claim, record, 'its certificate names another key'))
}

/** TRUST-4: a certificate that is older than one that we saw belongs to a key that was replaced, or to a restored backup. */
const checkSerial = (claim: Claim, record: PeerRecord | undefined, { serial, hotPublicKey }: Certificate): void => {
  const { hotKey, certificateSerial: seen = 0 } = record ?? {}
  const label = nodeLabel(claim.nodeId, claim.name)
  const keys = `known ${hotKey === undefined ? 'none' : fingerprint(hotKey)}, shown ${fingerprint(hotPublicKey)}`
  if (serial < seen) {
    throw refused(
      `${label} shows certificate ${serial} although certificate ${seen} was seen: a replaced key, or a backup ` +
        `(key ${keys}). Its admin runs: hearth key rotate. If the old key is right: hearth peer trust ${claim.nodeId}`,
    )
  }
  if (serial === seen && hotKey !== undefined && !equalBytes(hotKey, hotPublicKey)) {
    throw refused(
      `${label} has two certificates with the number ${serial} (key ${keys}): its root key was used in two places. ` +
        `Ask its admin to run: hearth key rotate. Then: hearth peer trust ${claim.nodeId}`,
    )
  }
}

/** TRUST-5, TRUST-6: a domain that we know to be one node's is not taken over by another. */
const checkDomainOwner = (claim: Claim, owner: PeerRecord | undefined): void => {
  if (owner === undefined || owner.nodeId === claim.nodeId) return
  throw refused(
    `${claim.domain} is known as ${nodeLabel(owner.nodeId)} (by ${owner.pinnedBy}), and ${nodeLabel(claim.nodeId)} claims it now: ` +
      `root key known ${fingerprintOf(owner.nodeId)}, shown ${fingerprintOf(claim.nodeId)}. ` +
      `Either the node lost its root key and was set up anew, or somebody stands in between. ` +
      `Ask its admin by another way; if it is right: hearth peer trust ${claim.nodeId} --domain ${claim.domain}`,
  )
}

const changedKey = (claim: Claim, record: PeerRecord | undefined, what: string): string => {
  const known = record?.hotKey === undefined ? 'none' : fingerprint(record.hotKey)
  return (
    `${nodeLabel(claim.nodeId, record?.name ?? claim.name)} speaks with a key that is not its own: ${what} ` +
    `(key known ${known}, shown ${fingerprint(claim.remoteKey)}). Either somebody stands in between, or its key was ` +
    `replaced without its root key. Ask its admin to run: hearth key rotate; ` +
    `or, for a node that was set up anew: hearth peer trust <its new id>`
  )
}

const fingerprintOf = (nodeId: NodeId): string => fingerprint(decodeBase32(nodeId) ?? new Uint8Array())

const refused = (detail: string, cause?: unknown): HearthError => new HearthError('PEER_REFUSED', detail, { cause })
