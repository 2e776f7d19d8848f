"""The lint of names and texts: each rule on a sample that violates it and on one that does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from language.check import check_tree
from language.vocabulary import Vocabulary

COMMAND = Path(__file__).parents[3] / "tools" / "lint_language"
MODULE = '''
DOCUMENTATION = r"""
module: {name}
short_description: {short}
description: {description}
options:
  {option}:
    description: The name.
    choices: [{choice}]
{fragment}
"""
EXAMPLES = r"""
- name: {example}
  sovereign.vdc.thing:
"""
RETURN = r"""
{returned}:
  description: The result.
"""
'''
GOOD = {
    "name": "thing",
    "short": "Manage things",
    "description": "Creates things.",
    "option": "confirm",
    "choice": "absent",
    "fragment": "",
    "example": "Create a thing",
    "returned": "desired_state",
}
INFO = "extends_documentation_fragment: [sovereign.vdc.attributes.info]"


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """The project's own words and verbs."""
    return Vocabulary.load()


@pytest.fixture
def found(tmp_path, vocabulary):
    """Check a tree that has one file; returns the rules that it breaks, each with its line."""

    def check(path: str, text: str = "") -> list[tuple[str, int]]:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return [(finding.rule, finding.line) for finding in check_tree(tmp_path, vocabulary)]

    return check


@pytest.mark.parametrize(
    "name",
    [
        "It leaves",
        "Whether there is anything to do",
        "What its data has left goes",
        "The pool",
        "A sign-up that failed",
        "… and at Exoscale",
        "Create the volume …",
        "Is it there?",
        "Size",
        "Verify",
        "Containers and network",
        "create the volume",
        "Create the brick's volume",
    ],
)
def test_a_task_name_that_is_no_imperative_is_found(found, name):
    assert found("playbooks/a.yml", f'---\n- name: "{name}"\n  ansible.builtin.ping:\n') == [("task-name", 2)]


@pytest.mark.parametrize("name", ["Create the tenant's volume", "Wait for the stack to become healthy"])
@pytest.mark.parametrize(
    "path",
    ["playbooks/a.yml", "roles/r/tasks/main.yml", "roles/r/handlers/main.yml", "extensions/molecule/s/converge.yml"],
)
def test_an_imperative_with_an_object_is_accepted_everywhere(found, path, name):
    assert found(path, f'---\n- name: "{name}"\n  ansible.builtin.ping:\n') == []


@pytest.mark.parametrize("name", ["Plan", "Validate input"])
@pytest.mark.parametrize("play", ["hosts: all", "import_playbook: b.yml", "ansible.builtin.import_playbook: b.yml"])
def test_a_play_may_be_named_after_its_phase(found, name, play):
    assert found("playbooks/a.yml", f"---\n- name: {name}\n  {play}\n") == []


@pytest.mark.parametrize(("name", "rules"), [("2 Export: Back up the volume", 0), ("2 Export: Volume", 1), ("Plan", 1)])
def test_a_task_may_have_a_numbered_phase_but_needs_an_object(found, name, rules):
    assert len(found("playbooks/a.yml", f'---\n- name: "{name}"\n  ansible.builtin.ping:\n')) == rules


@pytest.mark.parametrize("block", ["tasks", "pre_tasks", "post_tasks", "handlers"])
def test_names_of_plays_and_of_tasks_below_them_are_checked(found, block):
    text = f"---\n- name: Input\n  hosts: all\n  {block}:\n    - name: Whole\n      block:\n        - name: It goes\n"
    assert found("playbooks/a.yml", text) == [("task-name", 2), ("task-name", 5), ("task-name", 7)]


def test_a_file_with_tags_that_only_ansible_knows_is_read(found):
    assert found("playbooks/a.yml", "---\n- name: Set x\n  vars: {a: !vault x}\n- name: Size\n") == [("task-name", 4)]


@pytest.mark.parametrize("key", ["msg", "fail_msg", "success_msg"])
def test_a_banned_word_in_a_message_is_found(found, key):
    task = "---\n- name: Check the tier\n  ansible.builtin.assert:\n    {}: {}\n"
    assert found("roles/r/tasks/main.yml", task.format(key, "gold will not do")) == [("message", 4)]
    assert found("roles/r/tasks/main.yml", task.format(key, "gold is not in the catalog")) == []


@pytest.mark.parametrize(
    "text",
    [
        "---\n- name: Read the disks\n  x.y.z:\n  register: pool_seen\n",
        "---\n- name: Read the disks\n  vars:\n    pool_bricks: []\n",
        "---\n- name: Read the disks\n  ansible.builtin.set_fact:\n    tenant_wish: a\n",
    ],
)
def test_a_banned_word_in_a_variable_of_a_task_is_found(found, text):
    assert [rule for rule, _ in found("playbooks/a.yml", text)] == ["variable"]


@pytest.mark.parametrize("path", ["roles/r/defaults/main.yml", "roles/r/vars/main.yml", "playbooks/vars/a.yml"])
def test_a_banned_word_in_a_file_of_variables_is_found(found, path):
    assert found(path, "---\nr_size: 1\nr_ca_folder: x\n") == [("variable", 3)]
    assert found(path, "---\nr_size: 1\nr_ca_directory: x\n") == []


def test_a_role_s_argument_spec_is_checked(found):
    spec = """---
argument_specs:
  main:
    short_description: {}
    options:
      r_{}:
        description: {}
"""
    path = "roles/r/meta/argument_specs.yml"
    assert found(path, spec.format("Manage things", "confirm", "The size.")) == []
    assert found(path, spec.format("The things", "consent", "What it is told.")) == [
        ("short-description", 4),
        ("option", 6),
        ("description", 7),
    ]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"short": "A thing"}, "short-description"),
        ({"short": "Wish things away"}, "short-description"),
        ({"description": "Brings it to its wish."}, "description"),
        ({"option": "owner_mail"}, "option"),
        ({"option": "verb"}, "option"),
        ({"choice": "gone"}, "option"),
        ({"returned": "storage_leaving"}, "return-value"),
        ({"returned": "work"}, "return-value"),
        ({"example": "Two bricks"}, "task-name"),
        ({"fragment": INFO}, "info-module"),
    ],
)
def test_a_module_s_documentation_is_checked(found, change, rule):
    assert {name for name, _ in found("plugins/modules/thing.py", MODULE.format(**GOOD | change))} == {rule}


def test_a_module_in_plain_terms_is_accepted(found):
    assert found("plugins/modules/thing.py", MODULE.format(**GOOD)) == []


def test_only_modules_that_change_nothing_end_in_info(found):
    assert found("plugins/modules/thing_info.py", MODULE.format(**GOOD | {"fragment": INFO})) == []
    assert found("plugins/modules/thing_info.py", MODULE.format(**GOOD)) == [("info-module", 1)]


def test_a_filter_s_documentation_file_is_checked(found):
    text = """---
DOCUMENTATION:
  short_description: {}
  options:
    {}:
      description: The disks.
EXAMPLES: |
  - name: {}
    x.y.z:
RETURN:
  _value:
    description: {}
"""
    path = "plugins/filter/f.yml"
    assert found(path, text.format("Add up disks", "disks", "Add the disks", "The sum.")) == []
    assert found(path, text.format("The sum", "bricks", "Sum", "Its folder.")) == [
        ("short-description", 3),
        ("option", 5),
        ("task-name", 8),
        ("description", 12),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        'raise ValueError("this will not do")',
        'raise ValueError(f"{x} stands still")',
        'module.fail_json(msg="the owner\'s consent is missing")',
        'module.warn("it is done anew")',
    ],
)
@pytest.mark.parametrize("path", ["plugins/module_utils/a.py", "roles/r/files/a.py", "roles/r/files/bin"])
def test_a_banned_word_in_an_error_message_is_found(found, path, statement):
    assert found(path, f"#!/usr/bin/python3\n{statement}\n") == [("error-message", 2)]


def test_other_strings_are_no_error_messages(found):
    assert found("plugins/module_utils/a.py", 'x = "anew"\nraise ValueError("the size is missing")\n') == []


@pytest.mark.parametrize(
    "source",
    [
        "def look(): ...",
        "def find(wished): ...",
        "class NextDeed: ...",
        "class Plan:\n    seen: str",
        "class Plan:\n    def pick(self): ...",
        "FOLDERS = []",
        "if True:\n    TENANTS = Table('tenants', Column('owner_mail'))",
    ],
)
@pytest.mark.parametrize("path", ["plugins/module_utils/a.py", "extensions/lab/vdclab/a.py"])
def test_a_banned_word_in_a_public_python_name_is_found(found, path, source):
    assert [rule for rule, _ in found(path, source + "\n")] == ["python-name"]


@pytest.mark.parametrize(
    "source",
    [
        "def _look(): ...",
        "def read(spec): ...",
        "class Network: ...",
        "def pvmove(): ...",
        "def remove_from(rework): ...",
    ],
)
def test_private_names_and_words_that_only_contain_a_banned_one_are_accepted(found, source):
    assert found("plugins/module_utils/a.py", source + "\n") == []


def test_a_name_may_be_allowed_where_it_is_the_fields_own(found):
    source = "def prune(keep): ...\n"
    assert found("plugins/module_utils/cloud/snapshots.py", source) == []
    assert found("plugins/module_utils/cloud/tags.py", source) == [("python-name", 1)]


@pytest.mark.parametrize(
    "path", ["playbooks/wake.yml", "playbooks/tasks/deed.yml", "roles/r/tasks/folders.yml", "roles/brick/README.md"]
)
def test_a_banned_word_in_the_name_of_a_file_is_found(found, path):
    assert {rule for rule, _ in found(path)} == {"file-name"}


def test_a_file_is_named_after_its_topic_not_its_place_in_a_series(found):
    assert found("tests/unit/test_servers_more.py") == [("file-name", 1)]


def test_the_command_prints_where_and_what_to_write_instead_and_fails(tmp_path):
    file = tmp_path / "playbooks" / "a.yml"
    file.parent.mkdir()
    file.write_text("---\n- name: Create the folder\n  ansible.builtin.ping:\n")
    ran = subprocess.run([sys.executable, COMMAND, tmp_path], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stdout.startswith("playbooks/a.yml:2: task-name: 'folder' in “Create the folder”; write: directory\n")
    file.write_text("---\n- name: Create the directory\n  ansible.builtin.ping:\n")
    ran = subprocess.run([sys.executable, COMMAND, tmp_path], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.strip()) == (0, "0 in all")
