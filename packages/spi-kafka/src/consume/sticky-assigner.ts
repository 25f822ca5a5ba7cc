import { AssignerProtocol, type Cluster, type PartitionAssigner } from 'kafkajs'
import { z } from 'zod'

const NAME = 'stemcell-sticky'
const VERSION = 1

/** What a member of a group says of itself when it joins. */
export interface Claims {
  readonly id: string
  /** Partitions it has, with messages in handlers. */
  readonly busy: readonly number[]
  /** Partitions it has, where nothing runs. */
  readonly idle: readonly number[]
}

/**
 * Deals partitions evenly, and otherwise leaves them where they are; one that has to move is rather idle than busy,
 * since messages in handlers are handed out again when their partition moves.
 */
export function assignPartitions(partitions: readonly number[], members: readonly Claims[]): Map<string, number[]> {
  const free = new Set(partitions)
  const claim = (wanted: readonly number[]): number[] => wanted.filter((partition) => free.delete(partition))
  const byId = [...members].sort((a, b) => (a.id < b.id ? -1 : 1))
  const claimed = byId.map(({ id, busy, idle }) => ({ id, kept: [...claim(busy), ...claim(idle)] }))

  const share = Math.floor(partitions.length / members.length)
  let largerShares = partitions.length % members.length
  claimed.sort((a, b) => b.kept.length - a.kept.length)
  for (const { kept } of claimed) {
    const larger = kept.length > share && largerShares > 0
    if (larger) largerShares--
    for (const partition of kept.splice(larger ? share + 1 : share)) free.add(partition)
  }
  for (const partition of [...free].sort((a, b) => a - b)) {
    claimed.reduce((least, member) => (member.kept.length < least.kept.length ? member : least)).kept.push(partition)
  }
  return new Map(claimed.map(({ id, kept }) => [id, kept.sort((a, b) => a - b)]))
}

const numbers = z.array(z.int().min(0))
const userData = z.object({ busy: numbers, idle: numbers })

/** For groups of one topic. `claims` is asked each time the member joins. */
export function stickyAssigner(topic: string, claims: () => Omit<Claims, 'id'>): PartitionAssigner {
  return ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol({ topics }) {
      const metadata = { version: VERSION, topics, userData: Buffer.from(JSON.stringify(claims())) }
      return { name: NAME, metadata: AssignerProtocol.MemberMetadata.encode(metadata) }
    },
    async assign({ members }) {
      const known = members.map(({ memberId, memberMetadata }) => ({ id: memberId, ...readClaims(memberMetadata) }))
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
function readClaims(memberMetadata: Buffer): Omit<Claims, 'id'> {
  const text = AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData.toString()
  try {
    return userData.parse(JSON.parse(text ?? ''))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return { busy: [], idle: [] }
    throw error
  }
}
