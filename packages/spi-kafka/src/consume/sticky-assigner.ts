import { AssignerProtocol, type Cluster, type PartitionAssigner } from 'kafkajs'
import { z } from '@stemcell/core/schema'

const NAME = 'stemcell-sticky'
const VERSION = 1

/** A partition that a member says it has. */
export interface Claim {
  readonly partition: number
  /** Grows with each change of hands: a member that was away may claim what is another's by now. */
  readonly epoch: number
  /** Messages of it are in handlers. */
  readonly busy: boolean
}

export interface GroupMember {
  readonly id: string
  readonly claims: readonly Claim[]
}

/**
 * Deals partitions evenly, and otherwise leaves them where they are; one that has to move is rather idle than busy,
 * since messages in handlers are handed out again when their partition moves.
 */
export function assignPartitions(
  partitions: readonly number[],
  members: readonly GroupMember[],
): Map<string, number[]> {
  const byId = [...members].sort((a, b) => (a.id < b.id ? -1 : 1))
  const shares = byId.map(({ id }) => ({ id, kept: [] as Claim[] }))
  const free = new Set<number>()
  for (const partition of partitions) {
    let latest: { readonly claim: Claim; readonly at: number } | undefined
    for (const [at, { claims }] of byId.entries()) {
      const claim = claims.find((one) => one.partition === partition)
      if (claim && claim.epoch > (latest?.claim.epoch ?? -1)) latest = { claim, at }
    }
    if (latest) shares[latest.at]!.kept.push(latest.claim)
    else free.add(partition)
  }

  const share = Math.floor(partitions.length / members.length)
  let largerShares = partitions.length % members.length
  shares.sort((a, b) => b.kept.length - a.kept.length)
  for (const { kept } of shares) {
    const larger = kept.length > share && largerShares > 0
    if (larger) largerShares--
    kept.sort((a, b) => Number(b.busy) - Number(a.busy))
    for (const { partition } of kept.splice(larger ? share + 1 : share)) free.add(partition)
  }
  const assigned = shares.map(({ id, kept }) => ({ id, own: kept.map(({ partition }) => partition) }))
  for (const partition of [...free].sort((a, b) => a - b)) {
    assigned.reduce((least, member) => (member.own.length < least.own.length ? member : least)).own.push(partition)
  }
  return new Map(assigned.map(({ id, own }) => [id, own.sort((a, b) => a - b)]))
}

const userData = z.array(z.object({ partition: z.int().min(0), epoch: z.int().min(0), busy: z.boolean() }))

/** For groups of one topic. `claims` is asked each time the member joins. */
export function stickyAssigner(topic: string, claims: () => readonly Claim[]): PartitionAssigner {
  return ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol({ topics }) {
      const metadata = { version: VERSION, topics, userData: Buffer.from(JSON.stringify(claims())) }
      return { name: NAME, metadata: AssignerProtocol.MemberMetadata.encode(metadata) }
    },
    async assign({ members }) {
      const known = members.map(({ memberId, memberMetadata }) => ({
        id: memberId,
        claims: readClaims(memberMetadata),
      }))
      const assigned = assignPartitions(partitionsOf(cluster, topic), known)
      return members.map(({ memberId }) => {
        const assignment = { [topic]: assigned.get(memberId) ?? [] }
        const memberAssignment = { version: VERSION, assignment, userData: Buffer.alloc(0) }
        return { memberId, memberAssignment: AssignerProtocol.MemberAssignment.encode(memberAssignment) }
      })
    },
  })
}

function partitionsOf(cluster: Cluster, topic: string): number[] {
  return cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
}

/** A member of another version may say something else; then it claims nothing. */
function readClaims(memberMetadata: Buffer): readonly Claim[] {
  const text = AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData.toString()
  try {
    return userData.parse(JSON.parse(text ?? ''))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return []
    throw error
  }
}
