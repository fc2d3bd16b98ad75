"""Checks that everything that cells print and show comes complete, in order and in the right form."""

from conversation import LIBRARY, Kernel

PLOTLY = "application/vnd.plotly.v1+json"
FIGURE = """use lmc::plotly::{Plot, Scatter};
fn figure(height: f64) -> Figure {
    let mut plot = Plot::new();
    plot.add_trace(Scatter::new(vec![0.0, 1.0], vec![0.0, height]));
    Figure::new(plot).unwrap()
}"""
N_LINES = 20_000
FLOOD = f'for i in 0..{N_LINES} {{ println!("line {{i}}"); }}'


def the_first_cell_is_number_one(kernel):
    first = kernel.ok(LIBRARY)
    assert first.reply["content"]["execution_count"] == 1, first
    assert first.of("execute_input")[0]["execution_count"] == 1, first
    assert not first.outputs(), f"the first cell shows something: {first}"
    print(f"the first cell, with the library, took {first.seconds:.1f} s", flush=True)


def both_outputs_keep_their_order(kernel):
    pause = "std::thread::sleep(std::time::Duration::from_millis(60))"
    answer = kernel.ok(f'for i in 0..3 {{ println!("out {{i}}"); {pause}; eprintln!("err {{i}}"); {pause}; }}')
    expected = [(stream, f"{stream[3:]} {i}\n") for i in range(3) for stream in ("stdout", "stderr")]
    assert answer.outputs() == expected, answer


def a_statement_shows_nothing(kernel):
    for code in ('println!("said");', 'println!("said")', "let nothing: () = ();", "()"):
        answer = kernel.ok(code)
        assert not answer.of("execute_result"), answer
        assert answer.outputs() in ([], [("stdout", "said\n")]), answer


def every_figure_is_shown(kernel):
    kernel.ok(FIGURE)
    answer = kernel.ok('figure(1.0).show();\nprintln!("between");\nfigure(2.0).show();\nfigure(3.0)')
    kinds = [kind for kind, _ in answer.outputs()]
    assert kinds == ["display_data", "stdout", "display_data", "execute_result"], answer
    shown = [content["data"] for content in answer.of("display_data", "execute_result")]
    assert [data[PLOTLY]["data"][0]["y"][1] for data in shown] == [1.0, 2.0, 3.0], "figures in another order"
    for data in shown:
        assert data["image/png"].startswith("iVBORw0KGgo"), "the picture is no PNG"
        assert "Figure" in data["text/plain"] and len(data) == 3, list(data)


def a_table_is_html_and_text(kernel):
    answer = kernel.ok('polars::df!("name" => ["a<b", "c"], "n" => [1_i64, 2])?')
    (table,) = answer.of("execute_result")
    assert set(table["data"]) == {"text/html", "text/plain"}, table
    assert "<table>" in table["data"]["text/html"] and "a&lt;b" in table["data"]["text/html"], table
    assert "shape: (2, 2)" in table["data"]["text/plain"], table


def an_error_of_the_library_ends_the_cell(kernel):
    answer = kernel.run('println!("before"); gap::barrier_height(&[1.0])?; println!("after");')
    error = answer.error("Error")
    assert "got 1 points, expected at least 3" in error["evalue"], error
    assert answer.outputs() == [("stdout", "before\n"), ("error", error["evalue"])], answer


def a_thread_may_print_after_its_cell(kernel):
    late = 'std::thread::spawn(|| { std::thread::sleep(std::time::Duration::from_millis(500)); println!("late"); });'
    answer = kernel.ok(late)
    assert answer.text("stdout") == "", "the cell waited for its thread"
    kernel.wait(lambda: answer.text("stdout"), "the text of a thread", 10)
    assert answer.text("stdout") == "late\n", answer


def a_flood_arrives_whole(kernel):
    answer = kernel.ok(FLOOD)
    lines = answer.text("stdout").splitlines()
    assert lines == [f"line {i}" for i in range(N_LINES)], f"{len(lines)} lines, not all or not in order"
    n_messages = len(answer.of("stream"))
    print(f"{N_LINES} lines came in {n_messages} messages, {answer.seconds:.1f} s", flush=True)
    assert n_messages < N_LINES / 100, f"{N_LINES} lines came in {n_messages} messages"


def main():
    with Kernel() as kernel:
        the_first_cell_is_number_one(kernel)
        both_outputs_keep_their_order(kernel)
        a_statement_shows_nothing(kernel)
        every_figure_is_shown(kernel)
        a_table_is_html_and_text(kernel)
        an_error_of_the_library_ends_the_cell(kernel)
        a_thread_may_print_after_its_cell(kernel)
        a_flood_arrives_whole(kernel)


if __name__ == "__main__":
    main()
