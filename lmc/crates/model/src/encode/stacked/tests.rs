use super::*;
use crate::encode::Encoded;

fn examples(lengths: &[i64]) -> Vec<Encoded> {
    let example = |(number, &length): (usize, &i64)| Encoded {
        ids: (0..length).map(|i| 2 + (3 * number as i64 + i) % 17).collect(),
        segments: (0..length).map(|i| i % 2).collect(),
        label: number as i64 % 3,
    };
    lengths.iter().enumerate().map(example).collect()
}

fn table(examples: &[Encoded]) -> TokenTable {
    TokenTable::new(examples, |ids| (0..ids.len() as i64).collect(), 0, Device::Cpu)
}

fn values(tensor: &Tensor) -> Vec<i64> {
    Vec::try_from(tensor.to_kind(Kind::Int64).reshape([-1])).unwrap()
}

#[test]
fn every_model_gets_its_texts_the_shortest_first_and_is_padded_to_the_longest() {
    let examples = examples(&[4, 2, 3, 6]);
    let table = table(&examples);
    let (batch, labels) = table.batch(&[&[0, 1], &[3, 2]], 8);
    assert_eq!((table.longest(), batch.sizes(), batch.ids.size()), (6, [2, 2], vec![2, 9]));
    assert_eq!(values(&labels), [1, 0, 2, 0]);
    let ids = values(&batch.ids);
    assert_eq!(ids[..6], [examples[1].ids.as_slice(), &examples[0].ids].concat());
    assert_eq!(ids[9..], [examples[2].ids.as_slice(), &examples[3].ids].concat());
    assert_eq!(values(&batch.segments)[9..], [0, 1, 0, 0, 1, 0, 1, 0, 1]);
    assert_eq!(values(&batch.positions)[..6], [0, 1, 0, 1, 2, 3]);
    assert_eq!(values(&batch.starts), [0, 2, 9, 12]);
    assert_eq!(values(&batch.places), [0, 1, 6, 7, 8, 9, 12, 13, 14, 0, 1, 2, 6, 7, 8, 9, 10, 11]);
    assert_eq!(values(&batch.first_places), [0, 6, 0, 6]);
    assert!(batch.is_pad.is_none());
}

#[test]
fn slots_pad_each_group_and_lead_back_to_the_rows() {
    let lengths: Vec<i64> = (0..40).map(|i| 1 + (7 * i) % 19).collect();
    let table = table(&examples(&lengths));
    let lists: [Vec<usize>; 2] = [(0..20).collect(), (15..35).collect()];
    let (batch, _) = table.batch(&lists.each_ref().map(Vec::as_slice), 8);
    assert_eq!(batch.groups.iter().map(|group| group.n_sequences).collect::<Vec<_>>(), [20, 20]);
    assert!(batch.groups.iter().all(|group| group.length % LENGTH_UNIT == 0));
    let rows: Vec<i64> = batch.groups.iter().flat_map(|group| values(&group.rows)).collect();
    let bias: Vec<f32> =
        batch.groups.iter().flat_map(|g| Vec::<f32>::try_from(g.bias.view([-1])).unwrap()).collect();
    let total: i64 = lists.iter().flatten().map(|&i| lengths[i]).sum();
    assert_eq!(bias.iter().filter(|&&bias| bias == 0.0).count() as i64, total);
    // Every row of a text lies in a slot that looks at no padding and that comes from that row.
    let n_rows = batch.ids.size()[1];
    let slots = values(&batch.slots);
    for (model, list) in lists.iter().enumerate() {
        let n: i64 = list.iter().map(|&i| lengths[i]).sum();
        for row in model as i64 * n_rows..model as i64 * n_rows + n {
            let slot = slots[row as usize] as usize;
            assert_eq!((rows[slot], bias[slot]), (row, 0.0));
        }
    }
    assert!(slots.iter().all(|&slot| (slot as usize) < rows.len()));
    let [order, back] = batch.order.each_ref().map(values);
    assert_eq!(order.iter().map(|&s| back[s as usize]).collect::<Vec<_>>(), (0..40).collect::<Vec<_>>());
    let firsts: Vec<i64> = order.iter().map(|&s| values(&batch.starts)[s as usize]).collect();
    let starts: Vec<i64> =
        batch.groups.iter().flat_map(|g| values(&g.rows.view([-1, g.length]).select(1, 0))).collect();
    assert_eq!(firsts, starts);
}

#[test]
fn tokens_with_the_id_for_padding_are_marked() {
    let text = Encoded { ids: vec![0, 5, 1, 7, 2], segments: vec![0; 5], label: 0 };
    let table = TokenTable::new(&[text], |ids| ids.iter().map(|id| id + 1).collect(), 1, Device::Cpu);
    let (batch, _) = table.batch(&[&[0]], 1);
    assert_eq!(values(&batch.positions), [1, 6, 2, 8, 3]);
    assert_eq!(values(&batch.is_pad.unwrap()), [0, 0, 1, 0, 0]);
}
