"""``pytest -m gpu`` reads only the files that hold GPU tests: the others may import what a bare GPU machine lacks."""


def pytest_ignore_collect(collection_path, config):
    is_test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    if config.option.markexpr.strip() == "gpu" and is_test:
        return "pytest.mark.gpu" not in collection_path.read_text(encoding="utf-8") or None
    return None
